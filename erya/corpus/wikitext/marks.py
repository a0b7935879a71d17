"""Control characters, which XML cannot hold, that stand for something while a page is rendered; none is in the result.

Not U+0000: looking for it in a text of two bytes a character is many times slower.
"""

HOLE = "\x05"  # something was dropped here
KEPT = "\x01"  # around the number of a text that is taken as it is: nowiki, preformatted text, formulas
PIPE = "\x02"  # a `|` that separates nothing
EQUALS = "\x03"  # a `=` that names nothing
ROW = "\x04"  # begins the line of a table's row
