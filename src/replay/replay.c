#include "replay/replay.h"

#include <stdlib.h>

#include "base/memory.h"
#include "replay/proof.h"
#include "replay/sandbox.h"
#include "sqlite/shadow.h"

static int run_all(struct replay *replay, struct sandbox *sandbox,
		   struct error *err)
{
	const struct chain *chain = replay->chain;
	const char *rule;
	size_t p;
	int line = 0;
	int rc = schema_take(sandbox->db, LEDGER_TABLE, NULL,
			     &replay->schemas[0], err);

	for (p = 1; rc == 0 && p <= chain->count; p++) {
		const struct step *step = chain->steps[p - 1];
		const struct schema_known known = { .schemas = replay->schemas,
						    .count = p };

		rc = sandbox_run(sandbox, step, &line, err);
		if (rc != 0)
			return error_prefix(err, "%s:%d: %s", step->file, line,
					    step->name);
		rc = schema_take(sandbox->db, LEDGER_TABLE, &known,
				 &replay->schemas[p], err);
		if (rc == 0)
			rc = proof_check(sandbox, step, replay->schemas[p - 1],
					 replay->schemas[p], &rule, &line, err);
		if (rc == ERROR_MIGRATION)
			return error_prefix(err, "%s:%d: %s", step->file, line,
					    step->name);
		if (rc == 0)
			rc = shadow_mark(sandbox->db, replay->schemas[p], err);
		if (rc == 0 && p == 1)
			rc = check_foreign_keys_of(sandbox->db,
						   replay->schemas[p],
						   &replay->sins, err);
	}
	return rc;
}

int replay_new(const struct chain *chain, struct replay **out,
	       struct error *err)
{
	struct replay *replay = xcalloc(1, sizeof(*replay));
	struct sandbox sandbox = { .db = NULL };
	int rc;

	replay->chain = chain;
	replay->schemas = xcalloc(chain->count + 1, sizeof(struct schema *));
	rc = sandbox_open(&sandbox, err);
	if (rc == 0)
		rc = run_all(replay, &sandbox, err);
	sandbox_close(&sandbox);
	if (rc == 0) {
		marks_build(replay);
	} else {
		replay_free(replay);
		replay = NULL;
	}
	*out = replay;
	return rc;
}

void replay_free(struct replay *replay)
{
	size_t p;

	if (replay == NULL)
		return;
	for (p = 0; p <= replay->chain->count; p++)
		schema_free(replay->schemas[p]);
	free(replay->schemas);
	complaints_release(&replay->sins);
	marks_release(replay);
	free(replay);
}
