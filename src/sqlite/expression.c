#include "sqlite/expression.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define DEPTH_MAX     50

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* What is wrong where. */
static const char too_long[] = "it is too long, with what it repeats";

#define NONE SIZE_MAX

struct compiler {
	struct expression *out;
	const char *at;
	const char *why; /* NULL: all is well */
	/* Of what is open: where it begins, and the part in which the
	 * alternative before the last "|" ends. The first is the whole. */
	struct group {
		size_t begin, jump;
	} groups[DEPTH_MAX + 1];
	size_t depth;
	size_t atom; /* where that begins which "*" would repeat */
};

/* "AZaz": from A to Z, and from a to z. */
static const struct {
	const char *name, *ranges;
} classes[] = {
	{ "alpha", "AZaz" },     { "digit", "09" }, { "alnum", "09AZaz" },
	{ "upper", "AZ" },       { "lower", "az" }, { "space", "\t\r  " },
	{ "blank", "\t\t  " },   { "print", " ~" }, { "graph", "!~" },
	{ "xdigit", "09AFaf" },  { "d", "09" },     { "w", "09AZ__az" },
	{ "punct", "!/:@[`{~" }, { "s", "\t\r  " },
};

static uint32_t take_character(struct compiler *compiler)
{
	return expression_character(&compiler->at,
				    compiler->at + strlen(compiler->at));
}

/* ---- to compile ---- */

static void fail(struct compiler *compiler, const char *why)
{
	if (!compiler->why)
		compiler->why = why;
}

/* Room for parts at `place`, what is there moved on. */
static struct part *insert(struct compiler *compiler, size_t place)
{
	struct expression *out = compiler->out;

	if (out->count >= EXPRESSION_PARTS) {
		fail(compiler, too_long);
		return &out->parts[EXPRESSION_PARTS];
	}
	memmove(&out->parts[place + 1], &out->parts[place],
		(out->count - place) * sizeof(*out->parts));
	out->count++;
	out->parts[place] = (struct part){ .next = 1 };
	return &out->parts[place];
}

static struct part *append(struct compiler *compiler)
{
	return insert(compiler, compiler->out->count);
}

static void add_fork(struct compiler *compiler, size_t place, int next,
		     int other)
{
	struct part *part = insert(compiler, place);

	part->type = FORKS;
	part->next = next;
	part->other = other;
}

static void add_jump(struct compiler *compiler, int next)
{
	struct part *part = append(compiler);

	part->type = GOES;
	part->next = next;
}

static void add_range(struct compiler *compiler, uint32_t low, uint32_t high)
{
	struct expression *out = compiler->out;

	out->ranges = array_grow(out->ranges, out->range_count,
				 &out->range_capacity, sizeof(*out->ranges));
	out->ranges[out->range_count++] = (struct range){ low, high };
}

static bool add_class(struct compiler *compiler, const char *name, size_t bytes)
{
	for (size_t i = 0; i < COUNT(classes); i++) {
		const char *at = classes[i].ranges;

		if (strlen(classes[i].name) != bytes ||
		    memcmp(classes[i].name, name, bytes) != 0)
			continue;
		for (; *at; at += 2)
			add_range(compiler, (uint32_t)at[0], (uint32_t)at[1]);
		return true;
	}
	return false;
}

/* A part that takes what ranges from `first` on say. */
static void add_set(struct compiler *compiler, size_t first, bool negated)
{
	struct part *part = append(compiler);

	part->type = TAKES;
	part->first = first;
	part->count = compiler->out->range_count - first;
	part->negated = negated;
}

/* "[:digit:]" inside of brackets. */
static void take_class(struct compiler *compiler)
{
	const char *name = compiler->at + 2;
	const char *end = strstr(name, ":]");

	if (!end || end - name < 2 ||
	    !add_class(compiler, name, (size_t)(end - name)))
		fail(compiler, "a class such as [:digit:] that is not known");
	else
		compiler->at = end + 2;
}

static void take_bracket(struct compiler *compiler)
{
	size_t first = compiler->out->range_count;
	bool negated = *compiler->at == '^', is_first = true;

	compiler->at += negated;
	for (; !compiler->why && (is_first || *compiler->at != ']');
	     is_first = false) {
		uint32_t low, high;

		if (!*compiler->at) {
			fail(compiler, "a [ has no ]");
		} else if (strncmp(compiler->at, "[:", 2) == 0) {
			take_class(compiler);
		} else {
			low = high = take_character(compiler);
			if (compiler->at[0] == '-' && compiler->at[1] &&
			    compiler->at[1] != ']') {
				compiler->at++;
				high = take_character(compiler);
			}
			if (low > high)
				fail(compiler, "a range that is backwards");
			add_range(compiler, low, high);
		}
	}
	compiler->at += *compiler->at == ']';
	add_set(compiler, first, negated);
}

static void take_escape(struct compiler *compiler)
{
	size_t first = compiler->out->range_count;
	const char letter = *compiler->at;
	const char lower = (char)(letter | 0x20);
	uint32_t character;

	if (!letter) {
		fail(compiler, "a \\ at the end");
	} else if (isalnum((unsigned char)letter)) {
		if (!add_class(compiler, &lower, 1))
			fail(compiler, "a \\ before a letter or digit other "
				       "than d, w, s, D, W, S");
		compiler->at++;
		add_set(compiler, first, letter != lower);
	} else {
		character = take_character(compiler);
		add_range(compiler, character, character);
		add_set(compiler, first, false);
	}
}

/* What is one part. */
static void take_single(struct compiler *compiler)
{
	size_t first = compiler->out->range_count;
	uint32_t character = take_character(compiler);

	switch (character) {
	case '[':
		take_bracket(compiler);
		break;
	case '\\':
		take_escape(compiler);
		break;
	case '^':
		append(compiler)->type = BEGINS;
		break;
	case '$':
		append(compiler)->type = ENDS;
		break;
	default:
		if (character == '.')
			add_range(compiler, 0, EXPRESSION_CHARACTER_MAX);
		else
			add_range(compiler, character, character);
		add_set(compiler, first, false);
	}
}

/* -1: there is none. */
static int take_number(struct compiler *compiler)
{
	int number = -1;

	while (*compiler->at >= '0' && *compiler->at <= '9') {
		number = 10 * (number < 0 ? 0 : number) + *compiler->at++ - '0';
		if (number > EXPRESSION_PARTS)
			fail(compiler, too_long);
		if (compiler->why)
			return 0;
	}
	return number;
}

static void copy(struct compiler *compiler, const struct part *parts,
		 size_t count)
{
	for (size_t i = 0; i < count && !compiler->why; i++)
		*append(compiler) = parts[i];
}

/* The parts from `atom` on, `least` times and up to `most` (-1: any). */
static void repeat(struct compiler *compiler, size_t atom, int least, int most)
{
	struct expression *out = compiler->out;
	size_t count = out->count - atom;
	int length = (int)count;
	struct part *parts = xcalloc(count + 1, sizeof(*parts));

	memcpy(parts, &out->parts[atom], count * sizeof(*parts));
	out->count = atom;
	for (int i = 0; i < least && !compiler->why; i++)
		copy(compiler, parts, count);
	if (most < 0 && !compiler->why) {
		add_fork(compiler, out->count, 1, length + 2);
		copy(compiler, parts, count);
		add_jump(compiler, -length - 1);
	}
	for (int i = least; i < most && !compiler->why; i++) {
		add_fork(compiler, out->count, 1, length + 1);
		copy(compiler, parts, count);
	}
	free(parts);
}

static void take_bound(struct compiler *compiler, size_t atom)
{
	int least, most;

	least = most = take_number(compiler);
	if (*compiler->at == ',') {
		compiler->at++;
		most = take_number(compiler);
		least = least < 0 ? 0 : least;
	}
	if (!compiler->why &&
	    (least < 0 || (most >= 0 && most < least) || *compiler->at != '}'))
		fail(compiler, "a { that is no {n}, {n,} or {n,m}");
	if (compiler->why)
		return;
	compiler->at++;
	repeat(compiler, atom, least, most);
}

/* What stood before the last "|" goes on behind what stands after it. */
static void end_alternative(struct compiler *compiler)
{
	struct group *group = &compiler->groups[compiler->depth];

	if (group->jump != NONE)
		compiler->out->parts[group->jump].next =
			(int)(compiler->out->count - group->jump);
	group->jump = NONE;
}

/* All of the group so far, or what is to come. */
static void begin_alternative(struct compiler *compiler)
{
	struct group *group = &compiler->groups[compiler->depth];

	end_alternative(compiler);
	add_fork(compiler, group->begin, 1,
		 (int)(compiler->out->count - group->begin) + 2);
	group->jump = compiler->out->count;
	add_jump(compiler, 1);
	compiler->atom = NONE;
}

static void begin_group(struct compiler *compiler)
{
	if (compiler->depth == DEPTH_MAX) {
		fail(compiler, "it is nested too deeply");
		return;
	}
	compiler->groups[++compiler->depth] = (struct group){
		.begin = compiler->out->count,
		.jump = NONE,
	};
	compiler->atom = NONE;
}

static void end_group(struct compiler *compiler)
{
	if (compiler->depth == 0) {
		fail(compiler, "a ) has no (");
		return;
	}
	end_alternative(compiler);
	compiler->atom = compiler->groups[compiler->depth--].begin;
}

static void take_repetition(struct compiler *compiler, char mark)
{
	if (compiler->atom == NONE)
		fail(compiler, "nothing to repeat");
	else if (mark == '{')
		take_bound(compiler, compiler->atom);
	else
		repeat(compiler, compiler->atom, mark == '+',
		       mark == '?' ? 1 : -1);
}

static void take_next(struct compiler *compiler)
{
	const char mark = *compiler->at;

	if (!strchr("|()*+?{", mark)) {
		compiler->atom = compiler->out->count;
		take_single(compiler);
		return;
	}
	compiler->at++;
	if (mark == '|')
		begin_alternative(compiler);
	else if (mark == '(')
		begin_group(compiler);
	else if (mark == ')')
		end_group(compiler);
	else
		take_repetition(compiler, mark);
}

struct expression *expression_new(const char *pattern, const char **why)
{
	struct compiler compiler = {
		.out = xcalloc(1, sizeof(*compiler.out)),
		.at = pattern,
		.groups = { { .jump = NONE } },
		.atom = NONE,
	};

	if (strlen(pattern) > EXPRESSION_BYTES)
		fail(&compiler, "it is too long");
	while (!compiler.why && *compiler.at)
		take_next(&compiler);
	if (compiler.depth > 0)
		fail(&compiler, "a ( has no )");
	end_alternative(&compiler);
	if (compiler.why) {
		*why = compiler.why;
		expression_free(compiler.out);
		return NULL;
	}
	compiler.out->parts[compiler.out->count].type = FITS;
	return compiler.out;
}

void expression_free(struct expression *expression)
{
	if (!expression)
		return;
	free(expression->ranges);
	free(expression);
}
