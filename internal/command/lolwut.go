package command

import "strings"

// LOLWUT tells the version, below a drawing where one is asked for: not those of
// Redis, but of their size or less.
func lolwut(c *Call) Reply {
	var drawing string
	if len(c.args) > 2 && c.is(1, "version") {
		switch uint32(c.int(2)) {
		case 5:
			drawing = c.drawDecay(c.side(3, 66, 1000), c.side(4, 8, 200), c.side(5, 12, 200)) + "\n"
		case 6:
			drawing = c.drawSkyline(c.side(3, 80, 1000), c.side(4, 20, 1000)) + "\n"
		}
	}
	return Verbatim(drawing + "Redis ver. " + Version + "\n")
}

// side returns argument i as a length of a drawing, from 1 to most.
func (c *Call) side(i, standard, most int) int {
	if i >= len(c.args) {
		return standard
	}
	return int(min(max(c.int(i), 1), int64(most)))
}

// drawDecay draws bars, which fall into dust line by line.
func (c *Call) drawDecay(columns, bars, lines int) string {
	const empty, leftDots, anyDots = '\u2800', 0x47, 0x100
	return c.draw(columns, lines, func(x, y int) rune {
		switch {
		case c.randomInt(lines) < y:
			return empty + rune(c.randomInt(anyDots))
		case x*bars%columns < bars:
			return empty + leftDots
		}
		return empty
	})
}

// drawSkyline draws towers, in some of which there is light.
func (c *Call) drawSkyline(columns, lines int) string {
	roofs := make([]int, columns) // the line above each column; columns between towers have none
	for x := 0; x < columns; x++ {
		roof := c.randomInt(lines)
		for end := x + 3 + c.randomInt(8); x < min(end, columns); x++ {
			roofs[x] = roof
		}
		if x < columns {
			roofs[x] = lines
		}
	}
	return c.draw(columns, lines, func(x, y int) rune {
		switch {
		case y < roofs[x]:
			return ' '
		case x%2 == 1 && y%2 == 1 && c.randomInt(3) == 0:
			return '▒'
		}
		return '█'
	})
}

// draw returns lines of cells.
func (c *Call) draw(columns, lines int, cell func(x, y int) rune) string {
	c.tick(columns * lines)
	c.alloc(columns * lines * len("█"))
	var b strings.Builder
	for y := range lines {
		for x := range columns {
			b.WriteRune(cell(x, y))
		}
		b.WriteByte('\n')
	}
	return b.String()
}
