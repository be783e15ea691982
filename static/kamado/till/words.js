// What the server says to the page: its settings, its products, and every sentence in the reader's language.

const read = (id) => JSON.parse(document.getElementById(id).textContent);

export const config = read("till-config");
const sentences = read("till-words");

/** Return a sentence with its {blanks} filled. */
export const say = (name, blanks = {}) => sentences[name].replace(/\{(\w+)\}/g, (_, blank) => blanks[blank]);

/** Return an instant as a clock of the store. */
export const clockOf = (instant) =>
  new Intl.DateTimeFormat(config.language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: config.timezone })
    .format(new Date(instant));

/** Make an element: `make("button", { class: "t-tile", onclick }, "text", child)`. */
export const make = (tag, traits = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(traits)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
};

/** Make one of the icons that the page carries. */
export const icon = (name) => {
  const drawn = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawn.setAttribute("class", "t-icon");
  drawn.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  drawn.append(use);
  return drawn;
};
