#include "fleet/company.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static const struct {
	const char *text;
	bool holds_content;
} suffixes[] = {
	{ "-wal", true },
	{ "-journal", true },
	{ "-shm", false },
};

static void add(struct company *company, const char *name, size_t bytes)
{
	company->names = array_grow(company->names, company->count,
				    &company->capacity,
				    sizeof(*company->names));
	company->names[company->count++] = xstrndup(name, bytes);
	company->is_sorted = false;
}

bool company_note(struct company *company, const char *name)
{
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		if (!text_ends_with(name, suffixes[i].text))
			continue;
		if (suffixes[i].holds_content)
			add(company, name,
			    strlen(name) - strlen(suffixes[i].text));
		return true;
	}
	return false;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

bool company_is_kept(struct company *company, const char *name)
{
	if (company->count == 0)
		return false;
	if (!company->is_sorted)
		qsort(company->names, company->count, sizeof(*company->names),
		      by_name);
	company->is_sorted = true;
	return bsearch(&name, company->names, company->count,
		       sizeof(*company->names), by_name) != NULL;
}

void company_release(struct company *company)
{
	for (size_t i = 0; i < company->count; i++)
		free(company->names[i]);
	free(company->names);
	*company = (struct company){ 0 };
}
