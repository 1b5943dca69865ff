#include "migration/remark.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "migration/span.h"
#include "sqlite/token.h"

#define WORD "rollback"

/* The block that is being read. */
struct block {
	const char *begin; /* of its first comment; NULL: in none */
	bool is_open_ended; /* "rollback:": all comment lines behind it too */
	char *sql;
	size_t used;
};

/* Does the comment begin with the word? *rest is what stands behind it. */
static bool take_word(struct span comment, struct span *rest, bool *has_colon)
{
	const size_t length = strlen(WORD);
	struct span word = { comment.at, length };

	if (comment.bytes < length || !span_is_ignoring_case(word, WORD))
		return false;
	*has_colon = comment.bytes > length && comment.at[length] == ':';
	if (comment.bytes > length && !*has_colon &&
	    !span_is_blank(comment.at[length]))
		return false;
	*rest = span_skip(comment, length + (*has_colon ? 1 : 0));
	return true;
}

static bool is_sql(const char *text)
{
	static const char *const verbs[] = {
		"DROP",	  "ALTER", "DELETE",  "UPDATE", "INSERT",
		"CREATE", "WITH",  "REPLACE", "PRAGMA", "REINDEX",
	};
	struct token token;
	bool begins = false, ends = false;

	text = token_next(text, &token);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		begins |= token_is(&token, verbs[i]);
	for (; token.type != TOKEN_END; text = token_next(text, &token))
		ends |= token_is_mark(&token, ';');
	return begins && ends;
}

static void add_line(struct block *block, struct span line)
{
	memcpy(block->sql + block->used, line.at, line.bytes);
	block->used += line.bytes;
	block->sql[block->used++] = '\n';
	block->sql[block->used] = '\0';
}

/* True if the comment belongs to the block; else the block ends before it. */
static bool read_comment(struct block *block, const char *at, size_t bytes)
{
	struct span comment = span_trim(at + 2, bytes - 2), rest;
	bool has_colon;

	if (take_word(comment, &rest, &has_colon)) {
		if (block->begin == NULL) {
			block->begin = at;
			block->is_open_ended = has_colon;
		}
		add_line(block, rest);
		return true;
	}
	if (block->begin != NULL && block->is_open_ended)
		add_line(block, comment);
	return block->begin != NULL && block->is_open_ended;
}

static bool has_empty_line(const char *at, size_t bytes)
{
	const char *first = memchr(at, '\n', bytes);

	return first != NULL &&
	       memchr(first + 1, '\n',
		      bytes - (size_t)(first + 1 - at)) != NULL;
}

/* True if the block is over and is what is looked for. */
static bool end_block(struct block *block)
{
	bool is_found = block->begin != NULL && is_sql(block->sql);

	if (!is_found) {
		block->begin = NULL;
		block->used = 0;
	}
	return is_found;
}

char *remark_rollback(const char *sql, size_t *begin)
{
	struct block block = { .sql = xmalloc(strlen(sql) + 2) };
	const char *at = sql;
	bool is_found = false;

	block.sql[0] = '\0';
	while (!is_found && *at != '\0') {
		size_t bytes = token_blank(at);
		struct token token;

		if (at[0] == '-' && at[1] == '-') {
			if (!read_comment(&block, at, bytes))
				is_found = end_block(&block);
		} else if (bytes == 0 || *at == '/' ||
			   has_empty_line(at, bytes)) {
			is_found = end_block(&block);
		}
		at = bytes > 0 ? at + bytes : token_next(at, &token);
	}
	if (!is_found && !end_block(&block)) {
		free(block.sql);
		return NULL;
	}
	*begin = (size_t)(block.begin - sql);
	return block.sql;
}
