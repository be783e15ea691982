// A photo from the camera made small enough to travel: at most 1600 pixels a side, as JPEG.

import { shrunk } from "./geometry.js";

const MOST = 1600;
const SMALL_BYTES = 1_500_000;

/** Return `{ bytes, type }`; what the browser cannot read goes as it is, and the server says what is wrong. */
export const prepared = async (file) => {
  const untouched = async (type) => ({ bytes: await file.arrayBuffer(), type });
  let picture;
  try {
    picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return untouched("application/octet-stream");
  }
  const { width, height } = shrunk(picture.width, picture.height, MOST);
  if (width === picture.width && file.type === "image/jpeg" && file.size <= SMALL_BYTES) return untouched("image/jpeg");
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(picture, 0, 0, width, height);
  picture.close();
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.88));
  return blob ? { bytes: await blob.arrayBuffer(), type: "image/jpeg" } : untouched("application/octet-stream");
};
