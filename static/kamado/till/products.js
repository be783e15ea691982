// What is on sale: names and prices. Money is counted in hundredths, so that nothing is lost to fractions.

import { config, say } from "./words.js";

const known = new Map(config.products.map((product) => [product.label, product]));

/** Take in labels that a model knows and the price list does not; they sell without a price. */
export const learn = (labels) => {
  for (const label of labels) if (!known.has(label)) known.set(label, { label, name: label, price: null });
};

export const productOf = (label) => known.get(label) ?? { label, name: label, price: null };

export const nameOf = (label) => productOf(label).name;

const plain = (text) =>
  text.normalize("NFKC").toLowerCase()
    .replace(/[ぁ-ゖ]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) + 0x60));

/** Return the products whose name in either language, or label, contains what was typed; kana are one. */
export const matching = (typed) => {
  const wanted = plain(typed.trim());
  const all = [...known.values()];
  return wanted ? all.filter((each) => plain(`${each.name} ${each.other ?? ""} ${each.label}`).includes(wanted)) : all;
};

const written = (hundredths, currency) =>
  new Intl.NumberFormat(config.language, { style: "currency", currency }).format(hundredths / 100);

const hundredths = (product) => Math.round(Number(product.price) * 100);

/** Return a product's price as it is written, a dash where nobody set one. */
export const priceOf = (label, count = 1) => {
  const product = productOf(label);
  return product.price === null ? "–" : written(hundredths(product) * count, product.currency);
};

/** Return what lines cost together, each currency apart, and how many items have no price. */
export const totalOf = (lines) => {
  const sums = new Map();
  let unpriced = 0;
  for (const { label, count } of lines) {
    const product = productOf(label);
    if (product.price === null) unpriced += count;
    else sums.set(product.currency, (sums.get(product.currency) ?? 0) + hundredths(product) * count);
  }
  if (sums.size === 0 && config.products.length > 0) sums.set(config.products[0].currency, 0);
  const parts = [...sums].map(([currency, sum]) => written(sum, currency));
  return { text: parts.join(" + ") || "–", note: unpriced ? say("unpriced", { count: unpriced }) : "" };
};
