import { parseStructure } from "../caps.js";
import { always, type ElementFactory, elementFactory, forEachItem } from "../element.js";

export const taginject: ElementFactory = elementFactory({
  name: "taginject",
  classification: "Generic",
  description: "Says something of a stream: its language for mpegtsmux, for instance.",
  properties: {
    tags: {
      type: "string",
      default: "",
      description: "Names and values: language-code=deu",
    },
  },
  pads: [always("sink", "ANY"), always("src", "ANY")],
  create(properties) {
    const fields = properties.tags === "" ? {} : parseStructure(`taglist,${properties.tags}`);
    const tags = Object.fromEntries(
      Object.entries(fields).map(([name, value]) => {
        if (typeof value === "object") throw new TypeError(`the tag ${name} has no single value`);
        return [name, String(value)];
      }),
    );
    return {
      acceptedCaps: ([src]) => src?.peerCaps() ?? "ANY",
      async run(context) {
        const src = context.src();
        let said = false;
        const say = async (): Promise<void> => {
          if (!said) await src.push({ type: "tags", tags });
          said = true;
        };
        await forEachItem(context.sink(), {
          // Behind what the stream says of itself, so that these count.
          async buffer(buffer) {
            await say();
            await src.buffer(buffer);
          },
          async otherwise(item) {
            if (item.type === "gap") await say();
            await src.push(item);
          },
        });
      },
    };
  },
});
