/*
 * rules: what one step's text gives reason to say.
 *
 * Runs on: the main thread. No state; adds findings (see lint.h for the list).
 * Looks at tokens, with two helps: a sandbox, so that what is forbidden is said
 * by the authorizer that will forbid it, and the schemas around the step, so
 * that names can be told from strings.
 */
#ifndef FLEET_REPLAY_RULES_H
#define FLEET_REPLAY_RULES_H

#include "migration/source.h"
#include "replay/sandbox.h"
#include "sqlite/schema.h"

/* Rules "forbidden", "ignored-pragma" and, of that severity, "destructive".
 * What is forbidden is an error, in a planned step a warning. */
void rules_check_statements(struct migrations *migrations,
			    const struct step *step, struct sandbox *sandbox,
			    enum severity destructive);

/* Only the last of these. No error in a planned step, and a note in one that
 * says that it is meant. */
void rules_check_destructive(struct migrations *migrations,
			     const struct step *step, enum severity severity);

/* Rule "double-quoted-string", at most once for each statement. */
void rules_check_strings(struct migrations *migrations, const struct step *step,
			 const struct schema *before,
			 const struct schema *after);

#endif
