#include "sqlite/expression.h"

/* The part of expression.h that matches. */

#define TEXT_BYTES_MAX (1024 * 1024)
#define WORK_MAX       (64 * 1024 * 1024)

uint32_t expression_character(const char **at, const char *end)
{
	const unsigned char *byte = (const unsigned char *)*at;
	size_t more = byte[0] >= 0xf0   ? 3
		      : byte[0] >= 0xe0 ? 2
		      : byte[0] >= 0xc0 ? 1
					: 0;
	uint32_t value = byte[0];

	(*at)++;
	if (more == 0 || (size_t)(end - *at) < more)
		return value;
	value &= 0x3fu >> more;
	for (size_t i = 1; i <= more; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			return byte[0];
		value = value << 6 | (byte[i] & 0x3f);
	}
	if (value > EXPRESSION_CHARACTER_MAX)
		return byte[0];
	*at += more;
	return value;
}

/* Whom the part at `place` leads to without taking a character. */
static size_t spread(struct expression *expression, size_t place, bool is_begin,
		     bool is_end, size_t stacked)
{
	const struct part *part = &expression->parts[place];
	const size_t next = place + (size_t)part->next;
	size_t *stack = expression->stack;

	if (part->type == GOES || part->type == FORKS ||
	    (part->type == BEGINS && is_begin) ||
	    (part->type == ENDS && is_end)) {
		if (expression->marks[next] != expression->step) {
			expression->marks[next] = expression->step;
			stack[stacked++] = next;
		}
	}
	if (part->type == FORKS) {
		const size_t other = place + (size_t)part->other;

		if (expression->marks[other] != expression->step) {
			expression->marks[other] = expression->step;
			stack[stacked++] = other;
		}
	}
	return stacked;
}

/* Adds a part and all that it leads to; true if the end is among them. */
static bool add(struct expression *expression, struct front *front,
		size_t place, bool is_begin, bool is_end)
{
	size_t stacked = 0;

	if (expression->marks[place] == expression->step)
		return false;
	expression->marks[place] = expression->step;
	expression->stack[stacked++] = place;
	while (stacked > 0) {
		place = expression->stack[--stacked];
		if (expression->parts[place].type == FITS)
			return true;
		if (expression->parts[place].type == TAKES)
			front->items[front->count++] = place;
		stacked = spread(expression, place, is_begin, is_end, stacked);
	}
	return false;
}

static bool takes(const struct expression *expression, const struct part *part,
		  uint32_t character)
{
	const struct range *ranges = expression->ranges + part->first;

	for (size_t i = 0; i < part->count; i++)
		if (character >= ranges[i].low && character <= ranges[i].high)
			return !part->negated;
	return part->negated;
}

bool expression_fits(struct expression *expression, const char *text,
		     size_t bytes)
{
	struct front *now = &expression->fronts[0];
	struct front *then = &expression->fronts[1];
	const char *at = text, *end = text + bytes;
	bool fits;

	now->count = 0;
	expression->step++;
	fits = add(expression, now, 0, true, at == end);
	while (!fits && at < end) {
		uint32_t character = expression_character(&at, end);
		struct front *last = now;

		then->count = 0;
		expression->step++;
		for (size_t i = 0; !fits && i < now->count; i++) {
			const size_t place = now->items[i];

			if (takes(expression, &expression->parts[place],
				  character))
				fits = add(expression, then, place + 1, false,
					   at == end);
		}
		/* It may begin anywhere. */
		fits = fits || add(expression, then, 0, false, at == end);
		now = then;
		then = last;
	}
	return fits;
}

size_t expression_text_bytes(const struct expression *expression)
{
	size_t most = WORK_MAX / (expression->count + 1);

	return most < TEXT_BYTES_MAX ? most : TEXT_BYTES_MAX;
}
