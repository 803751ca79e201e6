// Where the cells of a layer's heatmap lie. All lengths are whole device pixels, so that every
// weight gets the same number of them. A cell is {row, column} by position in the shown selection;
// row === rows stands for the bias.

const LABEL_PIXELS = 12;
// About the height of a matrix, which often stands beside the images.
const CALM_HEIGHT = 340;

/**
 * One small image per unit, wrapped over the width; under each its number and its bias.
 * @param {{rows: number, columns: number, image: [number, number]}} shape
 * @param {number} width device pixels to fill
 * @param {number} ratio device pixels per CSS pixel
 */
export function imageGeometry({ rows, columns, image: [imageHeight, imageWidth] }, width, ratio) {
  const gap = Math.round(10 * ratio);
  const captionGap = Math.round(3 * ratio);
  const caption = Math.round(15 * ratio);
  const perRow = (scale) => Math.max(1, Math.floor((width + gap) / (imageWidth * scale + gap)));
  const heightAt = (scale) =>
    Math.ceil(columns / perRow(scale)) * (imageHeight * scale + captionGap + caption + gap);

  // The largest images of which all fit into a calm height; small ones are still readable.
  const smallest = Math.ceil((48 * ratio) / imageWidth);
  const largest = Math.max(smallest, Math.floor((96 * ratio) / imageWidth));
  let scale = largest;
  while (scale > smallest && heightAt(scale) > CALM_HEIGHT * ratio) scale -= 1;

  const tileWidth = imageWidth * scale;
  const tileHeight = imageHeight * scale;
  const across = perRow(scale);
  const pitchX = tileWidth + gap;
  const pitchY = tileHeight + captionGap + caption + gap;
  const biasSize = Math.round(14 * ratio);
  const origin = (column) => [
    (column % across) * pitchX,
    Math.floor(column / across) * pitchY,
  ];
  return {
    width: Math.min(columns, across) * pitchX - gap,
    height: Math.ceil(columns / across) * pitchY - gap,
    tileWidth,
    tileHeight,
    origin,
    captionBaseline: tileHeight + captionGap + caption,
    across,
    biasRect(column) {
      const [x, y] = origin(column);
      return [x + tileWidth - biasSize, y + tileHeight + captionGap, biasSize, caption];
    },
    cellRect({ row, column }) {
      if (row === rows) return this.biasRect(column);
      const [x, y] = origin(column);
      return [
        x + (row % imageWidth) * scale, y + Math.floor(row / imageWidth) * scale, scale, scale,
      ];
    },
    cellAt(x, y) {
      const across_ = Math.floor(x / pitchX);
      const column = across_ + across * Math.floor(y / pitchY);
      if (x < 0 || y < 0 || across_ >= across || column >= columns) return null;
      const [left, top] = origin(column);
      const [dx, dy] = [x - left, y - top];
      if (dx >= tileWidth) return null;
      if (dy < tileHeight) {
        return { row: Math.floor(dy / scale) * imageWidth + Math.floor(dx / scale), column };
      }
      return dy < tileHeight + captionGap + caption ? { row: rows, column } : null;
    },
    /** The cell reached from `cell` by an arrow key; steps off an image lead to its neighbour. */
    step({ row, column }, dx, dy) {
      const line = row === rows ? imageHeight : Math.floor(row / imageWidth);
      let x = (row === rows ? 0 : row % imageWidth) + dx;
      let y = line + dy;
      let unit = column;
      if (row === rows && dx !== 0) {
        unit += dx;
        x = 0;
      } else if (x < 0 || x >= imageWidth) {
        unit += dx;
        x = x < 0 ? imageWidth - 1 : 0;
      } else if (y < 0 || y > imageHeight) {
        unit += dy * across;
        y = y < 0 ? imageHeight : 0;
      }
      if (unit < 0 || unit >= columns) return { row, column };
      return { row: y === imageHeight ? rows : y * imageWidth + x, column: unit };
    },
  };
}

/** A matrix with inputs down and units across, the biases in a row set apart below. */
export function matrixGeometry({ rows, columns }, width, ratio) {
  const left = Math.round(34 * ratio);
  const top = Math.round((LABEL_PIXELS + 8) * ratio);
  const fit = (room, count, least, most) =>
    Math.max(1, Math.min(Math.round(most * ratio), Math.max(Math.round(least * ratio),
      Math.floor(room / count))));
  const cellWidth = fit(width - left, columns, 1, 26);
  const cellHeight = fit(250 * ratio, rows, 1, 22);
  const biasTop = top + rows * cellHeight + Math.round(6 * ratio);
  const biasHeight = Math.round(16 * ratio);
  return {
    width: left + columns * cellWidth,
    height: biasTop + biasHeight,
    left,
    top,
    cellWidth,
    cellHeight,
    biasTop,
    biasHeight,
    matrixWidth: columns * cellWidth,
    matrixHeight: rows * cellHeight,
    cellRect({ row, column }) {
      const x = left + column * cellWidth;
      if (row === rows) return [x, biasTop, cellWidth, biasHeight];
      return [x, top + row * cellHeight, cellWidth, cellHeight];
    },
    cellAt(x, y) {
      const column = Math.floor((x - left) / cellWidth);
      if (column < 0 || column >= columns) return null;
      if (y >= biasTop && y < biasTop + biasHeight) return { row: rows, column };
      const row = Math.floor((y - top) / cellHeight);
      return row < 0 || row >= rows ? null : { row, column };
    },
    step({ row, column }, dx, dy) {
      return {
        row: Math.min(Math.max(row + dy, 0), rows),
        column: Math.min(Math.max(column + dx, 0), columns - 1),
      };
    },
  };
}
