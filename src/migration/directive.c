#include "migration/directive.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/amount.h"
#include "base/memory.h"
#include "sqlite/token.h"

#define MARK	"fleet-upgrade:"
#define TIMEOUT "timeout="

static const struct flag {
	const char *word;
	size_t offset; /* of the bool that it sets */
} flags[] = {
	{ "repeatable", offsetof(struct directives, is_repeatable) },
	{ "planned", offsetof(struct directives, is_planned) },
	{ "destructive", offsetof(struct directives, is_destructive) },
	{ "application-functions",
	  offsetof(struct directives, keeps_functions) },
	{ "foreign_keys=on", offsetof(struct directives, has_foreign_keys) },
	{ "no-transaction",
	  offsetof(struct directives, is_outside_transaction) },
	{ "analyze", offsetof(struct directives, analyzes) },
	{ "vacuum", offsetof(struct directives, vacuums) },
};

struct reading {
	const char *sql;
	const char *comment; /* that is being read */
	struct directives *out;
	void (*complain)(void *self, size_t offset, const char *what);
	void *self;
};

static void complain(const struct reading *reading, char *what)
{
	if (reading->complain != NULL)
		reading->complain(reading->self,
				  (size_t)(reading->comment - reading->sql),
				  what);
	free(what);
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The list in a comment, behind its mark; NULL if the comment is none. */
static const char *list_in(const char *comment, size_t bytes)
{
	const char *at = comment + 2, *end = comment + bytes;

	if (bytes < 2 || is_blank(*comment))
		return NULL;
	while (at < end && is_blank(*at))
		at++;
	if ((size_t)(end - at) < strlen(MARK) ||
	    strncasecmp(at, MARK, strlen(MARK)) != 0)
		return NULL;
	return at + strlen(MARK);
}

static void read_timeout(const struct reading *reading, const char *value)
{
	struct error err = { 0 };
	int64_t limit_ms = 0;

	if (amount_parse_duration(value, &limit_ms, &err) != 0)
		complain(reading, xasprintf("timeout=%s: %s", value,
					    err.message));
	else if (limit_ms == 0)
		complain(reading, xasprintf("timeout=%s is no time at all; "
					    "name one as 30s or 10m, or leave "
					    "it out", value));
	else
		reading->out->limit_ms = limit_ms;
}

static void read_word(const struct reading *reading, const char *word)
{
	if (strncasecmp(word, TIMEOUT, strlen(TIMEOUT)) == 0) {
		read_timeout(reading, word + strlen(TIMEOUT));
		return;
	}
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (strcasecmp(word, flags[i].word) != 0)
			continue;
		*(bool *)((char *)reading->out + flags[i].offset) = true;
		return;
	}
	complain(reading,
		 xasprintf("\"%s\" is no directive; there are repeatable, "
			   "planned, destructive, application-functions, "
			   "foreign_keys=on, no-transaction, analyze, vacuum "
			   "and timeout=30s, with commas between them", word));
}

/* Passes over what explains the word before it. */
static const char *skip_remark(const char *at, const char *end)
{
	bool is_open = false;

	for (; at < end && (is_open || *at != ','); at++)
		is_open = *at == '(' || (is_open && *at != ')');
	return at;
}

static void read_list(const struct reading *reading, const char *at,
		      const char *end)
{
	bool goes_on = true;

	for (; goes_on; at++) {
		const char *begin;
		char *word;

		while (at < end && is_blank(*at))
			at++;
		for (begin = at; at < end && *at != ',' && !is_blank(*at); at++)
			;
		word = xstrndup(begin, (size_t)(at - begin));
		read_word(reading, word);
		free(word);
		at = skip_remark(at, end);
		goes_on = at < end;
	}
}

static void read_comment(const struct reading *reading, size_t bytes,
			 bool is_head)
{
	const char *list = list_in(reading->comment, bytes);

	if (list == NULL)
		return;
	if (*reading->comment != '-')
		complain(reading, xstrdup("directives are read in comments "
					  "that begin with \"--\"; make this "
					  "one of them"));
	else if (!is_head)
		complain(reading, xstrdup("directives stand before the first "
					  "statement; move this comment "
					  "there"));
	else
		read_list(reading, list, reading->comment + bytes);
}

void directives_read(const char *sql, struct directives *out,
		     void (*tell)(void *self, size_t offset, const char *what),
		     void *self)
{
	struct reading reading = {
		.sql = sql,
		.out = out,
		.complain = tell,
		.self = self,
	};
	struct token token = { .type = TOKEN_OTHER };
	bool is_head = true;
	size_t bytes;

	memset(out, 0, sizeof(*out));
	while (token.type != TOKEN_END) {
		for (; (bytes = token_blank(sql)) > 0; sql += bytes) {
			reading.comment = sql;
			read_comment(&reading, bytes, is_head);
		}
		sql = token_next(sql, &token);
		is_head = false;
	}
}

bool directives_begin(const char *sql)
{
	size_t bytes;

	for (; (bytes = token_blank(sql)) > 0; sql += bytes)
		if (list_in(sql, bytes) != NULL)
			return true;
	return false;
}
