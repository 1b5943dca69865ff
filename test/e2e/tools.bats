# Going on from other migration tools: what they left in the databases of a
# fleet is believed and recorded. What is kept current: tools-kept.bats.

load lib
load tools
setup() { begin; }
teardown() { end; }

@test "tools: a fleet of 20 goes on from each of several tools" {
	for tool in d1 golang-migrate goose; do
		rm -rf fleet migrations
		tools_fleet "$tool" 20
		exits 0 users baseline --from "$tool"
		says "20 recorded"
		same 0002 "$(version_of "$(db u1)")"
		same "baseline 0001 2 adopted from $tool, no step run" "$(
			ask u1 "SELECT kind || ' ' || min(to_version) || ' ' ||
				count(*) || ' ' || description FROM
				fleet_schema_history GROUP BY kind")"
		exits 0 users
		says "20 upgraded"
		all_right
		exits 0 users verify
	done
}

@test "tools: and three from each of the others" {
	for tool in dbmate sqlx rails user_version; do
		rm -rf fleet migrations
		tools_fleet "$tool" 3
		exits 0 users baseline --from "$tool"
		says "3 recorded"
		exits 0 users
		all_right
	done
}

@test "tools: unversioned = adopt, in one run" {
	for tool in d1 golang-migrate; do
		rm -rf fleet migrations
		tools_fleet "$tool" 20
		save_fleet saved
		# What these leave in the schema does not tell them apart.
		exits 1 users upgrade --dry-run
		says "baseline --from $tool"
		exits 0 users --set migrations.unversioned=adopt status
		says "0003          7" "20 pending"
		exits 0 users --set migrations.unversioned=adopt --dry-run
		says "20 would be upgraded"
		files_same saved
		exits 0 users --set migrations.unversioned=adopt -v
		says "20 upgraded" "adopted from $tool"
		all_right
	done
}

@test "tools: the table itself is left as it was" {
	tools_fleet goose 3
	before=$(sqlite3 "$(db u2)" .dump | grep goose_db_version)
	exits 0 users baseline --from auto
	exits 0 users
	same "$before" "$(sqlite3 "$(db u2)" .dump | grep goose_db_version)"
}

@test "tools: a mixed fleet, each by its own table; the others are named" {
	tools_fleet dbmate 4
	leave d1 "$(db u3)" 0
	sqlite3 "$(db u4)" 'DROP TABLE schema_migrations'
	for tool in sqlx golang-migrate; do
		{
			sql_of 1
			sql_of 2
		} | sqlite3 "$(db "$tool")"
		leave "$tool" "$(db "$tool")" 2
	done
	: >"$(db empty)"
	sqlite3 "$(db new)" 'PRAGMA application_id = 1'
	exits 1 users baseline --from auto
	says "4 recorded" "2 failed" "2 skipped" \
		"user u3" "the tables of two migration tools" \
		"user u4" "of no migration tool that is known"
	same none "$(version_of "$(db u3)")"
	same 0002 "$(version_of "$(db sqlx)")"
	exits 0 users baseline --from dbmate u3
	exits 0 users baseline --to 0002 u4
	# Who has a ledger is left as he is.
	exits 0 users baseline --from auto u1 u2 u4
	says "3 current" "nothing to record"
}

@test "tools: what one of them calls dirty is left alone" {
	tools_fleet golang-migrate 4
	sqlite3 "$(db u2)" 'UPDATE schema_migrations SET dirty = 1'
	save_fleet saved
	exits 1 users baseline --from golang-migrate
	says "3 recorded" "1 failed" "user u2" \
		"its schema_migrations says that 3 is dirty" "left untouched"
	files_same saved u2_longterm.db
	exits 1 users --set migrations.unversioned=adopt
	says "3 upgraded" "1 failed" "is dirty"
	files_same saved u2_longterm.db
}

@test "tools: a version of theirs that the migrations do not have" {
	tools_fleet d1 3
	sqlite3 "$(db u1)" "INSERT INTO d1_migrations (name) VALUES
		('0014_x.sql')"
	sqlite3 "$(db u2)" "DELETE FROM d1_migrations WHERE name LIKE '0002%'"
	exits 1 users baseline --from d1
	says "1 recorded" "has 0014_x.sql, and the migrations do not" \
		"its d1_migrations has 0003 and not 0002"
	same none "$(version_of "$(db u1)")"
	same none "$(version_of "$(db u2)")"
}

@test "tools: it can be taken back" {
	tools_fleet dbmate 2
	save_fleet saved
	exits 0 users baseline --from dbmate
	exits 0 users restore u1
	same none "$(version_of "$(db u1)")"
	rows_kept saved u1_longterm.db
	exits 0 users baseline --from dbmate
	exits 0 users baseline --forget
	same none "$(version_of "$(db u2)")"
	rows_kept saved
}

@test "tools: --from takes the place of --to and --forget" {
	tools_fleet dbmate 1
	exits 64 users baseline --from dbmate --to 0001
	exits 64 users baseline --from dbmate --forget
	exits 64 users baseline --from liquibase
	says "no tool of that name is known" "golang-migrate"
	exits 64 users upgrade --from dbmate
	exits 64 users --set migrations.unversioned=adopted
	[ ! -e fleet/.fleet-upgrade ]
}

@test "tools: Prisma's folders" {
	tools_fleet prisma 3
	make_files prisma
	sqlite3 "$(db u2)" "INSERT INTO _prisma_migrations (id, checksum,
		migration_name) VALUES ('9', 'x', '0004_step')"
	exits 1 users baseline --from prisma
	says "2 recorded" "1 failed" "0004_step failed, or is not finished"
	sqlite3 "$(db u2)" "UPDATE _prisma_migrations SET rolled_back_at = 1
		WHERE id = '9'"
	exits 0 users --set migrations.unversioned=adopt
	says "3 upgraded"
	all_right
}
