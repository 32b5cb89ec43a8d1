/** A matrix [rows, columns] with its axes exchanged: [columns, rows]. */
export function turned(matrix: ArrayLike<number>, rows: number, columns: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(matrix.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) out[column * rows + row] = matrix[row * columns + column]!;
  return out;
}
