#include "migration/version.h"

#include <string.h>

/* No isdigit() and its like: they depend on the locale. */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_separator(char c)
{
	return c == '.' || c == '-' || c == '_';
}

static bool is_end(char c)
{
	return c == '\0' || is_separator(c);
}

static size_t digits_in(const char *at)
{
	size_t count = 0;

	while (is_digit(at[count]))
		count++;
	return count;
}

static size_t others_in(const char *at)
{
	size_t count = 0;

	while (!is_end(at[count]) && !is_digit(at[count]))
		count++;
	return count;
}

static int compare_bytes(const char *a, size_t a_bytes, const char *b,
			 size_t b_bytes)
{
	int order = memcmp(a, b, a_bytes < b_bytes ? a_bytes : b_bytes);

	if (order != 0)
		return order;
	return (a_bytes > b_bytes) - (a_bytes < b_bytes);
}

/* By length first: numbers may be longer than any integer type. */
static int compare_numbers(const char **a, const char **b)
{
	size_t a_digits, b_digits;
	int order;

	*a += strspn(*a, "0");
	*b += strspn(*b, "0");
	a_digits = digits_in(*a);
	b_digits = digits_in(*b);
	order = (a_digits > b_digits) - (a_digits < b_digits);
	if (order == 0)
		order = memcmp(*a, *b, a_digits);
	*a += a_digits;
	*b += b_digits;
	return order;
}

static int compare_texts(const char **a, const char **b)
{
	size_t a_bytes = others_in(*a), b_bytes = others_in(*b);
	int order = compare_bytes(*a, a_bytes, *b, b_bytes);

	*a += a_bytes;
	*b += b_bytes;
	return order;
}

/* What stands at a place in a part: nothing comes before a number, a number
 * before a text. */
static int rank_of(const char *at)
{
	return is_end(*at) ? 0 : is_digit(*at) ? 1 : 2;
}

static int compare_parts(const char **a, const char **b)
{
	int order = 0;

	while (order == 0) {
		int rank = rank_of(*a);

		order = rank - rank_of(*b);
		if (rank == 0 || order != 0)
			break;
		order = rank == 1 ? compare_numbers(a, b) : compare_texts(a, b);
	}
	return order;
}

bool version_is_valid_n(const char *text, size_t bytes)
{
	size_t i;

	if (bytes == 0 || bytes >= VERSION_BYTES || !is_digit(text[0]))
		return false;
	for (i = 0; i < bytes; i++) {
		if (!is_digit(text[i]) && !is_letter(text[i]) &&
		    !is_separator(text[i]) && text[i] != '+')
			return false;
	}
	return true;
}

bool version_is_valid(const char *text)
{
	return text != NULL && version_is_valid_n(text, strlen(text));
}

int version_compare(const char *a, const char *b)
{
	int order;

	a = a == NULL ? "" : a;
	b = b == NULL ? "" : b;
	for (;;) {
		order = compare_parts(&a, &b);
		if (order != 0 || (*a == '\0' && *b == '\0'))
			return order;
		if (*a == '\0' || *b == '\0')
			return *a == '\0' ? -1 : 1;
		a++;
		b++;
	}
}

bool version_next(const char *text, char out[VERSION_BYTES])
{
	size_t end = strlen(text), begin, at;

	while (end > 0 && !is_digit(text[end - 1]))
		end--;
	for (begin = end; begin > 0 && is_digit(text[begin - 1]);)
		begin--;
	if (end == 0 || end >= VERSION_BYTES)
		return false;
	memcpy(out, text, end);
	out[end] = '\0';
	for (at = end; at > begin && out[at - 1] == '9'; at--)
		out[at - 1] = '0';
	if (at > begin) {
		out[at - 1]++;
		return true;
	}
	/* Nines only. */
	if (end + 1 >= VERSION_BYTES)
		return false;
	memmove(out + begin + 1, out + begin, end - begin + 1);
	out[begin] = '1';
	return true;
}
