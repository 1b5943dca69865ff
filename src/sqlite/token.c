#include "sqlite/token.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

char token_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* As SQLite sees it: every byte of a UTF-8 sequence may be in a name. */
static bool is_name_byte(char c)
{
	return (token_lower(c) >= 'a' && token_lower(c) <= 'z') ||
	       is_digit(c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static bool is_same_text(const char *text, size_t bytes, const char *word)
{
	size_t i;

	for (i = 0; i < bytes && word[i] != '\0'; i++) {
		if (token_lower(text[i]) != token_lower(word[i]))
			return false;
	}
	return i == bytes && word[i] == '\0';
}

/* A quote is doubled to stand inside; "]" cannot. */
static size_t quoted_bytes(const char *at)
{
	char close = at[0] == '[' ? ']' : at[0];
	size_t i = 1;

	for (; at[i] != '\0'; i++) {
		if (at[i] != close)
			continue;
		if (close == ']' || at[i + 1] != close)
			return i + 1;
		i++;
	}
	return i;
}

static size_t number_bytes(const char *at)
{
	bool is_hex = at[0] == '0' && token_lower(at[1]) == 'x';
	size_t i = 1;

	while (is_name_byte(at[i]) || at[i] == '.' ||
	       (!is_hex && (at[i] == '+' || at[i] == '-') &&
		token_lower(at[i - 1]) == 'e' && is_digit(at[i + 1])))
		i++;
	return i;
}

static size_t word_bytes(const char *at)
{
	size_t i = 0;

	while (is_name_byte(at[i]))
		i++;
	return i;
}

size_t token_blank(const char *at)
{
	size_t bytes = 0;
	const char *end;

	if (at[0] == '-' && at[1] == '-')
		return strcspn(at, "\n");
	if (at[0] == '/' && at[1] == '*') {
		end = strstr(at + 2, "*/");
		return end == NULL ? strlen(at) : (size_t)(end + 2 - at);
	}
	while (is_space(at[bytes]))
		bytes++;
	return bytes;
}

const char *token_skip_blank(const char *at)
{
	size_t bytes;

	while ((bytes = token_blank(at)) > 0)
		at += bytes;
	return at;
}

const char *token_next(const char *at, struct token *out)
{
	at = token_skip_blank(at);
	out->begin = at;
	if (*at == '\0') {
		out->type = TOKEN_END;
		out->bytes = 0;
	} else if (*at == '\'') {
		out->type = TOKEN_STRING;
		out->bytes = quoted_bytes(at);
	} else if (token_lower(*at) == 'x' && at[1] == '\'') {
		out->type = TOKEN_STRING;
		out->bytes = 1 + quoted_bytes(at + 1);
	} else if (strchr("\"`[", *at) != NULL) {
		out->type = TOKEN_QUOTED;
		out->bytes = quoted_bytes(at);
	} else if (is_digit(*at) || (*at == '.' && is_digit(at[1]))) {
		out->type = TOKEN_NUMBER;
		out->bytes = number_bytes(at);
	} else if (is_name_byte(*at)) {
		out->type = TOKEN_WORD;
		out->bytes = word_bytes(at);
	} else {
		out->type = TOKEN_OTHER;
		out->bytes = 1;
	}
	return at + out->bytes;
}

bool token_is(const struct token *token, const char *word)
{
	return token->type == TOKEN_WORD &&
	       is_same_text(token->begin, token->bytes, word);
}

bool token_is_mark(const struct token *token, char mark)
{
	return token->type == TOKEN_OTHER && *token->begin == mark;
}

bool token_is_name(const struct token *token)
{
	return token->type == TOKEN_WORD || token->type == TOKEN_QUOTED ||
	       token->type == TOKEN_STRING;
}

char *token_name(const struct token *token)
{
	char *name = xstrndup(token->begin, token->bytes);
	char quote = *name == '[' ? ']' : *name;
	size_t i, used = 0;

	if (token->type == TOKEN_WORD)
		return name;
	for (i = 1; name[i] != '\0'; i++) {
		if (name[i] == quote && name[++i] == '\0')
			break;
		name[used++] = name[i];
	}
	name[used] = '\0';
	return name;
}

bool token_names(const struct token *token, const char *name)
{
	char *own = token_is_name(token) ? token_name(token) : NULL;
	bool is_same = own != NULL && is_same_text(own, strlen(own), name);

	free(own);
	return is_same;
}

const char *token_pass_body(const struct token *token)
{
	const char *tag = token->begin, *close = NULL;
	size_t bytes;

	if (token->type == TOKEN_WORD && *tag == '$')
		close = memchr(tag + 1, '$', token->bytes - 1);
	if (close == NULL)
		return NULL;
	bytes = (size_t)(++close - tag);
	for (; (close = strchr(close, '$')) != NULL; close++) {
		if (strncmp(close, tag, bytes) == 0)
			return close + bytes;
	}
	return NULL;
}
