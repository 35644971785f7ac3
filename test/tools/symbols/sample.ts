/** A module in which each call of `mark` has the number of its own line, in every kind of control structure. */
@external('probe', 'mark') declare function mark(line: i32): void

class Shape {
  sides: i32 = 0
  area(size: i32): i32 { return size * this.sides }
}

class Square extends Shape {
  area(size: i32): i32 {
    mark(11)
    return size * size
  }
}

@inline function inlined(value: i32): void {
  mark(17)
  if (value > 3) mark(18)
}

@noinline function early(value: i32): i32 {
  if (value < 0) return -1
  for (let i = 0; i < value; i++) {
    if (i == 7) {
      mark(25)
      continue
    }
    if (i == 9) break
    mark(29)
  }
  mark(31)
  return value
}

export function choose(value: i32): i32 {
  switch (value) {
    case 0: mark(37); break
    case 1: mark(38)
    case 2: mark(39); return 5
    case 3: inlined(value + 1); break
    default: {
      mark(42)
      unreachable()
    }
  }
  mark(46)
  while (true) {
    if (early(value) > 3) { mark(48); return 9 }
    else if (value & 1) mark(49)
    else {
      mark(51)
      value += 3
    }
  }
}

export function virtual(size: i32): i32 {
  const shape: Shape = size > 2 ? new Square() : new Shape()
  const area = shape.area(size)
  mark(60)
  return size ? area / size : (mark(61), area)
}

export function compare(): i32 {
  const numbers: i32[] = [3, 1, 2]
  numbers.sort((a, b) => {
    mark(67)
    return a - b
  })
  memory.grow(1)
  mark(71)
  return load<i32>(<usize>numbers[0])
}

export function wide(value: u64): u64 {
  if (value) {
    mark(77)
    return rotl(value, 3) % 7
  } else mark(79)
  return popcnt(value) + clz(value)
}
