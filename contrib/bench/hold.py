"""hold: an application that has every database of a fleet open and rests.

usage: hold.py DIR

Opens each DIR/NAME_longterm.db and reads it once, says "ready", and closes them
all when its standard input ends.
"""

import glob
import os
import resource
import sqlite3
import sys


def main():
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    held = []
    for path in glob.glob(os.path.join(glob.escape(sys.argv[1]),
                                       "*_longterm.db")):
        db = sqlite3.connect(path)
        db.execute("SELECT count(*) FROM conversations").fetchall()
        held.append(db)
    print("ready", flush=True)
    sys.stdin.read()
    for db in held:
        db.close()


if __name__ == "__main__":
    main()
