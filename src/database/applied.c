#include "database/applied.h"

#include <string.h>

#include "database/ledger.h"
#include "migration/version.h"

struct reading {
	const struct chain *chain;
	bool *has;
};

static void set_one(struct reading *reading, const char *version, bool has)
{
	const struct chain *chain = reading->chain;
	size_t position = chain_position(chain, version);

	if (position > 0 &&
	    version_compare(chain->steps[position - 1]->to, version) == 0)
		reading->has[position - 1] = has;
}

static void read_row(void *self, const struct ledger_row *row)
{
	struct reading *reading = self;
	bool is_undo = row->kind != NULL &&
		       strcmp(row->kind, APPLIED_UNDO) == 0;
	const char *version = is_undo ? row->from : row->to;

	if (version == NULL || !version_is_valid(version))
		return;
	if (is_undo || row->checksum != NULL)
		set_one(reading, version, !is_undo);
	else
		memset(reading->has, true,
		       chain_position(reading->chain, version) * sizeof(bool));
}

int applied_read(struct sqlite3 *db, const struct chain *chain, bool *has,
		 struct error *err)
{
	struct reading reading = { .chain = chain, .has = has };

	memset(has, false, chain->count * sizeof(bool));
	return ledger_each(db, read_row, &reading, err);
}
