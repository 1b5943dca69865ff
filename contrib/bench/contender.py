"""contender: what a careful script in Python does with a fleet.

usage: contender.py STEP.sql DIR BACKUPS

Eight processes; for each DIR/NAME_longterm.db a copy with SQLite's backup
interface into BACKUPS, then the statements of STEP.sql and a quick_check in one
transaction.
"""

import glob
import multiprocessing
import os
import sqlite3
import sys

PROCESSES = 8


def statements_of(text):
    """The statements of a script, one by one."""
    statements, rest = [], ""
    for line in text.splitlines(keepends=True):
        rest += line
        if sqlite3.complete_statement(rest):
            statements.append(rest)
            rest = ""
    return statements


def upgrade(job):
    path, backup, statements = job
    db = sqlite3.connect(path, isolation_level=None)
    copy = sqlite3.connect(backup)
    db.backup(copy)
    copy.close()
    db.execute("BEGIN IMMEDIATE")
    for statement in statements:
        db.execute(statement)
    answer = db.execute("PRAGMA quick_check").fetchone()[0]
    if answer != "ok":
        raise RuntimeError(path + ": " + answer)
    db.execute("COMMIT")
    db.close()


def main():
    script, folder, backups = sys.argv[1:]
    with open(script, encoding="utf-8") as file:
        statements = statements_of(file.read())
    jobs = [
        (path, os.path.join(backups, os.path.basename(path)), statements)
        for path in glob.glob(os.path.join(glob.escape(folder),
                                           "*_longterm.db"))
    ]
    with multiprocessing.Pool(PROCESSES) as pool:
        for _ in pool.imap_unordered(upgrade, jobs, chunksize=8):
            pass


if __name__ == "__main__":
    main()
