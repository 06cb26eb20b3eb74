/** `text` for HTML, attributes included. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** A cell that says that something is wrong. */
export interface BadCell {
  readonly bad: string;
}

/** A table; `numbers` are the columns that stand to the right. */
export function table(
  head: readonly string[],
  rows: readonly (readonly (string | BadCell)[])[],
  numbers: readonly number[],
): string {
  const align = (column: number): string => (numbers.includes(column) ? ' class="number"' : "");
  const cell = (content: string | BadCell, column: number): string =>
    typeof content === "string"
      ? `<td${align(column)}>${escapeHtml(content)}</td>`
      : `<td${align(column)}><b>${escapeHtml(content.bad)}</b></td>`;
  return `<table>
<thead><tr>${head.map((name, column) => `<th${align(column)}>${escapeHtml(name)}</th>`).join("")}</tr></thead>
<tbody>
${rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("\n")}
</tbody>
</table>`;
}

/** Figures with their names, side by side. */
export function tiles(entries: readonly (readonly [name: string, value: string])[]): string {
  const tile = ([name, value]: readonly [string, string]): string =>
    `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`;
  return `<dl>${entries.map(tile).join("")}</dl>`;
}
