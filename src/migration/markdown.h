/*
 * markdown: the native format: a document for people, with tagged SQL blocks.
 *
 * Runs on: the main thread, before the run.
 *
 *     ```sql
 *     -- [user:0.3.19→0.3.20:start]
 *     ...SQL...
 *     -- [user:0.3.19→0.3.20:end]
 *     ```
 *
 * Read line by line, not as CommonMark: a fence with a language always opens a
 * block, whatever came before; the next bare fence closes it; a bare fence
 * outside a block means nothing; "#" lines are headings unless inside a block.
 * Tags are those of tag.h; if its versions are no versions (placeholders) a
 * line is no tag: a note, rule "placeholder" (a warning if it has digits). A
 * byte-order mark and CRLF are fine. A block is planned if a heading it stands
 * below, at any level, says "(Planned)" or "Future Migrations". `**Date**:` and
 * `**Description**:` (which may go on in the next lines) below the nearest
 * heading that has them go with its steps.
 *
 * Errors (findings, with line): a start without its end ("no-end"), an end
 * without start ("no-start"), a start inside another ("nested"), an end that
 * names another step ("other-end"), a start outside an sql block ("no-block"),
 * SQL in a tagged block outside its tags ("outside"), a fence that is never
 * closed around a tag ("open-fence"), a tag with an unknown kind or word
 * ("tag"), a line with a NUL byte ("nul"), a file over 16 MiB ("size").
 * Warnings: a tag in a block of another language ("ignored-tag"), a block still
 * open where the next begins, so that its headings were not seen
 * ("open-fence"). Note: an sql block without tags ("untagged").
 */
#ifndef FLEET_MIGRATION_MARKDOWN_H
#define FLEET_MIGRATION_MARKDOWN_H

#include <stddef.h>

#include "base/error.h"
#include "migration/source.h"

/* Reads one file and adds its steps and findings. ERROR_MIGRATION only if the
 * file cannot be read. */
int markdown_read(const char *path, struct migrations *into, struct error *err);

/* The same for a text in memory; `name` stands for the file in messages. */
void markdown_parse(const char *name, const char *text, size_t bytes,
		    struct migrations *into);

#endif
