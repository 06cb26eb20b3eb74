/**
 * Shows what is under the pointer, or moved to with the arrow keys, in all charts of a section at once. Without it the
 * page is complete but for that. Data is text in attributes: nothing of it is run or made to markup.
 */
export const SCRIPT = `
for (const section of document.querySelectorAll("section")) {
  const charts = [...section.querySelectorAll("svg[data-times]")].map((svg) => {
    const { times, values, frame, unit } = svg.dataset;
    return {
      svg, unit, times: times.split(" "), values: values.split(" "), frame: frame.split(" ").map(Number),
      cursor: svg.querySelector(".cursor"), output: svg.parentNode.querySelector("output"), index: -1,
    };
  });
  const nearest = (times, time) => {
    let low = 0;
    let high = times.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] < time) low = middle + 1; else high = middle;
    }
    return low > 0 && time - times[low - 1] < times[low] - time ? low - 1 : low;
  };
  const place = (chart, index) => {
    const { times, values, frame, cursor, output, unit } = chart;
    const [left, top, right, bottom, low, high] = frame;
    const first = Number(times[0]);
    const span = times[times.length - 1] - first || 1;
    const x = left + ((times[index] - first) / span) * (right - left);
    const y = bottom - ((values[index] - low) / (high - low || 1)) * (bottom - top);
    const [line, dot] = cursor.children;
    line.setAttribute("x1", x);
    line.setAttribute("x2", x);
    dot.setAttribute("cx", x);
    dot.setAttribute("cy", y);
    cursor.classList.add("shown");
    output.textContent = times[index] + " s: " + values[index] + " " + unit;
    chart.index = index;
  };
  const show = (time) => charts.forEach((chart) => place(chart, nearest(chart.times, time)));
  const hide = () => charts.forEach(({ cursor, output }) => {
    cursor.classList.remove("shown");
    output.textContent = "";
  });
  for (const chart of charts) {
    const { svg, times, frame: [left, , right] } = chart;
    svg.addEventListener("pointermove", ({ clientX }) => {
      const box = svg.getBoundingClientRect();
      const x = ((clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
      const first = Number(times[0]);
      show(first + ((x - left) / (right - left)) * (times[times.length - 1] - first));
    });
    svg.addEventListener("pointerleave", hide);
    svg.addEventListener("blur", hide);
    svg.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      const index = Math.min(times.length - 1, Math.max(0, chart.index + step));
      show(Number(times[index]));
      place(chart, index);
    });
  }
}
`;
