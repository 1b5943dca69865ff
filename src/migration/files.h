/*
 * files: a folder of numbered SQL files, each of them one step.
 *
 * Runs on: the main thread, before the run.
 *
 * Which files: sheets.h. What is in each of them: section.h. The version of a
 * step is its number. Each step comes after the one with the next lower number,
 * so that there are no gaps and no forks; what the ledger of a database lacks
 * is told when that is looked at (chain.is_set).
 *
 * A file that can be executed and has a number and no ".sql" is a step too: a
 * program, see step.h. Its checksum is that of its bytes. The lines at its head
 * that begin with "#" are comments in which it may have directives.
 *
 * Errors (findings): the same number twice, naming both and the next that is
 * free ("same-number"); a way down or a check without its way up ("no-up"); two
 * formats of marks in one folder ("two-formats"). Warnings: a numbered folder
 * without a file of those names ("not-read"); a file without marks among others
 * that have some ("no-mark").
 */
#ifndef FLEET_MIGRATION_FILES_H
#define FLEET_MIGRATION_FILES_H

#include "base/error.h"
#include "migration/source.h"

/* Reads the folder and adds its steps, all for that kind of database.
 * `format`: only its marks count, "" none; NULL: those of all.
 * ERROR_MIGRATION only if the folder or a file cannot be read. */
int files_read(const char *folder, enum kind kind, const char *format,
	       struct migrations *into, struct error *err);

#endif
