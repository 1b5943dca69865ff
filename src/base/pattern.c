#include "base/pattern.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

#define USERNAME "{username}"

enum token_kind {
	TOKEN_BYTES,	/* one byte out of `bytes` */
	TOKEN_NAME,	/* any run of bytes without "/" */
	TOKEN_USERNAME, /* the same, not empty */
	TOKEN_FOLDERS,	/* any number of whole folders, each with its "/" */
	TOKEN_REST,	/* anything */
};

struct token {
	enum token_kind kind;
	uint8_t bytes[(UCHAR_MAX + 1) / CHAR_BIT];
};

struct pattern {
	struct token *tokens;
	size_t count, capacity;
};

static void set_add(struct token *token, unsigned byte)
{
	token->bytes[byte / CHAR_BIT] |= (uint8_t)(1U << byte % CHAR_BIT);
}

static bool set_has(const struct token *token, char c)
{
	unsigned byte = (unsigned char)c;

	return token->bytes[byte / CHAR_BIT] >> byte % CHAR_BIT & 1;
}

/* Everything but "/" that is not in the set now. */
static void set_invert(struct token *token)
{
	size_t i;

	for (i = 0; i < sizeof(token->bytes); i++)
		token->bytes[i] = (uint8_t)~token->bytes[i];
	token->bytes['/' / CHAR_BIT] &= (uint8_t)~(1U << '/' % CHAR_BIT);
}

static struct token *add_token(struct pattern *pattern, enum token_kind kind)
{
	struct token *token;

	pattern->tokens = array_grow(pattern->tokens, pattern->count,
				     &pattern->capacity, sizeof(*token));
	token = &pattern->tokens[pattern->count++];
	memset(token, 0, sizeof(*token));
	token->kind = kind;
	return token;
}

/* One byte of a set, perhaps behind a backslash. False at the text's end. */
static bool read_set_byte(const char **text, unsigned *out)
{
	const char *at = *text;

	if (*at == '\\')
		at++;
	if (!*at)
		return false;
	*out = (unsigned char)*at;
	*text = at + 1;
	return true;
}

/* Each reader takes the text behind the character that chose it, and gives
 * what is left. */
static int read_set(struct pattern *pattern, const char **text,
		    struct error *err)
{
	struct token *token = add_token(pattern, TOKEN_BYTES);
	const char *at = *text;
	bool is_negated = *at == '!';
	unsigned low, high;
	const char *first;

	at += is_negated;
	/* As in every shell, a "]" that comes first is one of the set. */
	for (first = at; *at != ']' || at == first;) {
		if (!read_set_byte(&at, &low))
			goto open;
		high = low;
		if (at[0] == '-' && at[1] != ']') {
			at++;
			if (!read_set_byte(&at, &high))
				goto open;
		}
		if (low > high)
			return error_set(err, ERROR_CONFIG,
					 "the range %c-%c runs backwards",
					 (int)low, (int)high);
		for (; low <= high; low++)
			set_add(token, low);
	}
	if (is_negated)
		set_invert(token);
	else
		token->bytes['/' / CHAR_BIT] &=
			(uint8_t)~(1U << '/' % CHAR_BIT);
	*text = at + 1;
	return 0;
open:
	return error_set(err, ERROR_CONFIG,
			 "a \"[\" has no \"]\"; write \\[ for the character "
			 "itself");
}

static int read_one(struct pattern *pattern, const char **text,
		    struct error *err)
{
	(void)text;
	(void)err;
	set_invert(add_token(pattern, TOKEN_BYTES));
	return 0;
}

static int read_stars(struct pattern *pattern, const char **text,
		      struct error *err)
{
	const char *at = *text;
	bool is_double = *at == '*', begins_folder;
	const struct token *last;

	(void)err;
	last = pattern->count ? &pattern->tokens[pattern->count - 1] : NULL;
	begins_folder = !last || last->kind == TOKEN_FOLDERS ||
			(last->kind == TOKEN_BYTES && set_has(last, '/'));
	at += strspn(at, "*");
	if (is_double && begins_folder && *at == '/') {
		add_token(pattern, TOKEN_FOLDERS);
		at++;
	} else if (is_double && !*at) {
		add_token(pattern, TOKEN_REST);
	} else {
		add_token(pattern, TOKEN_NAME);
	}
	*text = at;
	return 0;
}

static int read_username(struct pattern *pattern, const char **text,
			 struct error *err)
{
	const char *rest = &USERNAME[1];

	if (!text_starts_with(*text, rest))
		return error_set(err, ERROR_CONFIG,
				 "only " USERNAME " may begin with \"{\"; "
				 "write \\{ for the character itself");
	*text += strlen(rest);
	add_token(pattern, TOKEN_USERNAME);
	return 0;
}

static int read_escaped(struct pattern *pattern, const char **text,
			struct error *err)
{
	unsigned byte = (unsigned char)**text;

	if (!byte)
		return error_set(err, ERROR_CONFIG,
				 "nothing stands behind the last \"\\\"");
	set_add(add_token(pattern, TOKEN_BYTES), byte);
	(*text)++;
	return 0;
}

static const struct {
	char first;
	int (*read)(struct pattern *pattern, const char **text,
		    struct error *err);
} readers[] = {
	{ '*', read_stars },	{ '?', read_one },     { '[', read_set },
	{ '{', read_username }, { '\\', read_escaped },
};

static int read_token(struct pattern *pattern, const char **text,
		      struct error *err)
{
	size_t i;

	for (i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		if (readers[i].first != **text)
			continue;
		(*text)++;
		return readers[i].read(pattern, text, err);
	}
	return read_escaped(pattern, text, err);
}

/* Discovery gives paths like "a/b/c": what could match none of them is told. */
static int check_folders(const char *text, struct error *err)
{
	if (!*text)
		return error_set(err, ERROR_CONFIG, "the pattern is empty");
	if (*text == '/')
		return error_set(err, ERROR_CONFIG,
				 "it begins with \"/\"; patterns are relative "
				 "to the data directory");
	while (text) {
		size_t length = strcspn(text, "/");

		if (length == 0)
			return error_set(err, ERROR_CONFIG,
					 "it has a \"/\" with no name behind");
		if (strncmp(text, "..", length) == 0 && length <= 2)
			return error_set(err, ERROR_CONFIG,
					 "it has \"%.*s\" for a folder; write "
					 "the path without", (int)length, text);
		text = text[length] ? text + length + 1 : NULL;
	}
	return 0;
}

static int check_usernames(const struct pattern *pattern, bool needs_username,
			   struct error *err)
{
	size_t i, usernames = 0;

	for (i = 0; i < pattern->count; i++)
		usernames += pattern->tokens[i].kind == TOKEN_USERNAME;
	if (usernames == (needs_username ? 1U : 0U))
		return 0;
	return error_set(err, ERROR_CONFIG,
			 needs_username
				 ? "it needs " USERNAME " exactly once"
				 : USERNAME " means nothing here; write *");
}

/* Whether the tokens from t on match the path from p on, for every t and p:
 * each cell depends on cells of a later token or a later byte only, so that one
 * pass from the back fills the table and nothing is ever tried twice. */
struct table {
	const struct token *tokens;
	size_t count;
	const char *path;
	size_t length;
	bool *cells;
};

static bool *cell(const struct table *table, size_t t, size_t p)
{
	return &table->cells[t * (table->length + 1) + p];
}

/* Where the path goes on if token t takes one more byte (or folder) at p; 0 if
 * it may not. */
static size_t step_over(const struct table *table, size_t t, size_t p)
{
	const struct token *token = &table->tokens[t];
	const char *path = table->path, *slash;

	if (p >= table->length)
		return 0;
	if (token->kind == TOKEN_FOLDERS) {
		/* Only where a folder begins: the search for its end would
		 * take the square of the path's length otherwise. */
		if (p > 0 && path[p - 1] != '/')
			return 0;
		slash = memchr(path + p, '/', table->length - p);
		return slash ? (size_t)(slash - path) + 1 : 0;
	}
	if (token->kind == TOKEN_BYTES)
		return set_has(token, path[p]) ? p + 1 : 0;
	return token->kind == TOKEN_REST || path[p] != '/' ? p + 1 : 0;
}

static bool may_be_empty(const struct token *token)
{
	return token->kind != TOKEN_BYTES && token->kind != TOKEN_USERNAME;
}

static void fill_table(const struct table *table)
{
	const struct token *tokens = table->tokens;
	size_t t, p;

	*cell(table, table->count, table->length) = true;
	for (t = table->count; t-- > 0;) {
		for (p = table->length + 1; p-- > 0;) {
			size_t next = step_over(table, t, p);
			bool repeats = tokens[t].kind != TOKEN_BYTES;

			*cell(table, t, p) =
				(may_be_empty(&tokens[t]) &&
				 *cell(table, t + 1, p)) ||
				(next && (*cell(table, t + 1, next) ||
					  (repeats && *cell(table, t, next))));
		}
	}
}

/* Walks the table from the front, each token taking as little as it may. */
static void find_catch(const struct table *table, size_t *start, size_t *length)
{
	const struct token *tokens = table->tokens;
	size_t t, p = 0, end;

	for (t = 0; t < table->count; t++, p = end) {
		end = may_be_empty(&tokens[t]) ? p : step_over(table, t, p);
		while (!*cell(table, t + 1, end))
			end = step_over(table, t, end);
		if (tokens[t].kind == TOKEN_USERNAME) {
			*start = p;
			*length = end - p;
		}
	}
}

int pattern_new(const char *text, bool needs_username, struct pattern **out,
		struct error *err)
{
	struct pattern *pattern = xcalloc(1, sizeof(*pattern));
	const char *rest = text;
	int rc;

	*out = NULL;
	rc = check_folders(text, err);
	while (rc == 0 && *rest)
		rc = read_token(pattern, &rest, err);
	if (rc == 0)
		rc = check_usernames(pattern, needs_username, err);
	if (rc != 0) {
		pattern_free(pattern);
		error_prefix(err, "pattern \"%s\"", text);
		return rc;
	}
	*out = pattern;
	return 0;
}

void pattern_free(struct pattern *pattern)
{
	if (!pattern)
		return;
	free(pattern->tokens);
	free(pattern);
}

/* Takes single bytes off the end of pattern and path. They can stand nowhere
 * else, most files of a folder fail here, and a table for the rest is small. */
static bool take_ending(struct table *table)
{
	const struct token *last = table->tokens + table->count;

	for (; table->count > 0 && (--last)->kind == TOKEN_BYTES;
	     table->count--, table->length--)
		if (table->length == 0 ||
		    !set_has(last, table->path[table->length - 1]))
			return false;
	return true;
}

bool pattern_matches(const struct pattern *pattern, const char *path,
		     size_t *start, size_t *length)
{
	struct table table = { .tokens = pattern->tokens,
			       .count = pattern->count,
			       .path = path,
			       .length = strlen(path) };
	size_t caught_at = 0, caught = 0;
	bool is_match = take_ending(&table);

	if (is_match) {
		table.cells = xcalloc((table.count + 1) * (table.length + 1),
				      sizeof(*table.cells));
		fill_table(&table);
		is_match = *cell(&table, 0, 0);
	}
	if (is_match)
		find_catch(&table, &caught_at, &caught);
	if (start)
		*start = caught_at;
	if (length)
		*length = caught;
	free(table.cells);
	return is_match;
}
