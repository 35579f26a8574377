/** A point in relative coordinates: x to the right, y down, both 0…1 of the picture. */
export type Point = readonly [x: number, y: number];

/** A closed outline without a repeated last point. */
export type Polygon = readonly Point[];

/** Area by the shoelace formula, in the square of the coordinates' unit. */
export function polygonArea(polygon: Polygon): number {
  let sum = 0;
  for (let i = 0; i < polygon.length; i++) {
    const [ax, ay] = at(polygon, i);
    const [bx, by] = at(polygon, i + 1);
    sum += ax * by - bx * ay;
  }
  return Math.abs(sum) / 2;
}

/** The first two edges that touch or cross although they are not neighbours; undefined for a simple polygon. */
export function crossingEdges(polygon: Polygon): [number, number] | undefined {
  const n = polygon.length;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const [a, b, c, d] = [at(polygon, i), at(polygon, i + 1), at(polygon, j), at(polygon, j + 1)];
      const neighbours = j === i + 1 || (i === 0 && j === n - 1);
      if (neighbours ? folded(i + 1 === j ? a : c, i + 1 === j ? b : d, i + 1 === j ? d : b) : meet(a, b, c, d)) {
        return [i, j];
      }
    }
  }
  return undefined;
}

function at(polygon: Polygon, index: number): Point {
  return polygon[index % polygon.length] ?? [0, 0];
}

/** Whether the way a → b → c turns back on itself. */
function folded(a: Point, b: Point, c: Point): boolean {
  const straight = side(a, b, c) === 0;
  return straight && (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1]) <= 0;
}

function meet(a: Point, b: Point, c: Point, d: Point): boolean {
  const [abC, abD, cdA, cdB] = [side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)];
  if (abC !== abD && cdA !== cdB) return true;
  return (
    (abC === 0 && between(a, b, c)) ||
    (abD === 0 && between(a, b, d)) ||
    (cdA === 0 && between(c, d, a)) ||
    (cdB === 0 && between(c, d, b))
  );
}

function side(a: Point, b: Point, c: Point): number {
  const cross = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  return Math.abs(cross) < 1e-12 ? 0 : Math.sign(cross);
}

function between(a: Point, b: Point, p: Point): boolean {
  return (
    Math.min(a[0], b[0]) <= p[0] &&
    p[0] <= Math.max(a[0], b[0]) &&
    Math.min(a[1], b[1]) <= p[1] &&
    p[1] <= Math.max(a[1], b[1])
  );
}

/** Whether a point lies inside, by crossings of a ray (even-odd rule). */
export function contains(polygon: Polygon, [x, y]: Point): boolean {
  let inside = false;
  for (let i = 0; i < polygon.length; i++) {
    const [ax, ay] = at(polygon, i);
    const [bx, by] = at(polygon, i + 1);
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}
