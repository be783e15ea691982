// Boxes as shares of the picture (as Rekognition's BoundingBox) to places on the screen. No page, no state.

const within = (value, low, high) => Math.min(Math.max(value, low), high);

/** Return the part of a box that lies on the picture. */
export const visible = (box) => {
  const left = within(box.left, 0, 1);
  const top = within(box.top, 0, 1);
  return {
    left, top,
    width: within(box.left + box.width, 0, 1) - left,
    height: within(box.top + box.height, 0, 1) - top,
  };
};

/** Widen a box to what a thumb can hit, `least` pixels a side, without leaving a picture of `size` pixels. */
export const touchable = (box, size, least = 44) => {
  const seen = visible(box);
  const axis = (start, length, pixels) => {
    const wide = Math.min(Math.max(length, least / pixels), 1);
    return [within(start + (length - wide) / 2, 0, 1 - wide), wide];
  };
  const [left, width] = axis(seen.left, seen.width, size.width);
  const [top, height] = axis(seen.top, seen.height, size.height);
  return { left, top, width, height };
};

/** Order places so that the smallest come last: on top, where a thumb finds them. */
export const smallestLast = (places) =>
  [...places].sort((one, other) => other.box.width * other.box.height - one.box.width * one.box.height);

/** Return the background that shows a box of a picture with some air around it, in a frame of any size. */
export const cropped = (box, air = 0.15) => {
  const { left, top, width, height } = visible({
    left: box.left - box.width * air, top: box.top - box.height * air,
    width: box.width * (1 + 2 * air), height: box.height * (1 + 2 * air),
  });
  const share = (start, length) => (length >= 1 ? 0 : (start / (1 - length)) * 100);
  return {
    size: `${100 / width}% ${100 / height}%`,
    position: `${share(left, width)}% ${share(top, height)}%`,
    width, height,
  };
};

/** Return the size of a picture made no larger than `most` pixels a side. */
export const shrunk = (width, height, most) => {
  const scale = Math.min(1, most / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
};
