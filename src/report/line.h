/*
 * line: one JSON object as a line of its own.
 *
 * Runs on: the loop thread. No state.
 * Jansson escapes what JSON has to have escaped. DEL and U+0080 to U+009F are
 * not in that, but a terminal obeys them as it obeys the others, and names may
 * have them: here they are escaped too ("\u009B"), so that a line is the same
 * to a program and harmless to whoever looks at it.
 */
#ifndef FLEET_REPORT_LINE_H
#define FLEET_REPORT_LINE_H

#include <jansson.h>
#include <stdio.h>

/* A string for such an object; what is not valid UTF-8 in its escaped form
 * ("\xff" as text), so that every line is valid JSON. */
json_t *line_text(const char *text);

/* Prints and frees it. NULL means that there was no memory to make it: as
 * everywhere, the end. */
void line_print(FILE *out, json_t *object);

#endif
