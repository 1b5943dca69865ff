# migrations.ledger: another tool's table is kept current beside the ledger.

load lib
load tools
setup() { begin; }
teardown() { end; }

@test "tools: migrations.ledger keeps their table current" {
	for tool in dbmate golang-migrate goose; do
		rm -rf fleet migrations
		tools_fleet "$tool" 3
		sqlite3 "$(db new)" 'PRAGMA application_id = 1'
		exits 0 users --set migrations.ledger="$tool" \
			--set migrations.unversioned=adopt
		says "4 upgraded"
		for user in u1 u2 u3 new; do
			case $tool in
			dbmate)
				same "0001 0002 0003 0004" "$(ask $user "SELECT
					group_concat(version, ' ') FROM
					schema_migrations" | tr '|' ' ')"
				;;
			golang-migrate)
				same "4 0" "$(ask $user "SELECT version || ' '
					|| dirty FROM schema_migrations")"
				;;
			goose)
				same "0 1 2 3 4" "$(ask $user "SELECT
					group_concat(version_id, ' ') FROM
					goose_db_version WHERE is_applied")"
				;;
			esac
		done
		exits 0 users --set migrations.ledger="$tool" verify
	done
}

@test "tools: who was run beside us is noticed before a step runs twice" {
	tools_fleet dbmate 2
	exits 0 users baseline --from dbmate
	# Somebody goes on with dbmate in one of them.
	{
		sql_of 3
		echo "INSERT INTO schema_migrations VALUES ('0003');"
	} | sqlite3 "$(db u1)"
	exits 1 users --set migrations.ledger=dbmate
	says "1 upgraded" "1 failed" "user u1" \
		"dbmate was run here since" "baseline --forget"
	exits 1 users --set migrations.ledger=dbmate verify u1
	has "dbmate was run here since"
	exits 0 users baseline --forget u1
	exits 0 users baseline --from dbmate u1
	exits 0 users --set migrations.ledger=dbmate
	all_right
}

@test "tools: a table in the way of migrations.ledger is named" {
	tools_fleet dbmate 2
	exits 0 users baseline --from dbmate
	sqlite3 "$(db u1)" 'DROP TABLE schema_migrations; CREATE VIEW
		schema_migrations AS SELECT 1 AS version'
	exits 1 users --set migrations.ledger=dbmate
	says "1 upgraded" "1 failed" "a view named schema_migrations"
	exits 64 users --set migrations.ledger=flyway
	has "write own, or one of"
	exits 78 users --set migrations.ledger=sqlx
	has "writes down the name of a file for each migration"
}

@test "tools: with the tool's own files, and its table kept current" {
	local newest

	for tool in d1 dbmate diesel golang-migrate goose sqlx; do
		rm -rf fleet migrations
		tools_fleet "$tool" 3
		make_files "$tool"
		sqlite3 "$(db new)" 'PRAGMA application_id = 1'
		exits 0 users --set migrations.ledger="$tool" baseline \
			--from "$tool" u1
		exits 0 users --set migrations.ledger="$tool" \
			--set migrations.unversioned=adopt
		says "4 upgraded"
		newest=0004
		[ "$tool" != diesel ] || newest=20240104120000
		all_right "$newest"
		for user in u1 u2 new; do
			case $tool in
			d1) kept="0001_step.sql 0002_step.sql 0003_step.sql"
				kept="$kept 0004_step.sql" ;;
			dbmate) kept="0001 0002 0003 0004" ;;
			diesel) kept="20240101120000 20240102120000"
				kept="$kept 20240103120000 20240104120000" ;;
			golang-migrate) kept="4 0" ;;
			goose) kept="0 1 2 3 4" ;;
			sqlx) kept="1step1 2step1 3step1 4step1" ;;
			esac
			same "$kept" "$(kept_by "$tool" $user)"
		done
		exits 0 users --set migrations.ledger="$tool" verify
	done
}

@test "tools: sqlx finds the sum of each file as it would have written it" {
	tools_fleet sqlx 1
	make_files sqlx
	printf '\r\n-- and a word at the end \303\251' \
		>>migrations/0004_step.sql
	sqlite3 "$(db new)" 'PRAGMA application_id = 1'
	exits 0 users --set migrations.ledger=sqlx --set \
		migrations.unversioned=adopt
	for i in 1 2 3 4; do
		same "$(sha384sum <"migrations/000${i}_step.sql" |
			cut -d ' ' -f 1)" "$(ask new "SELECT lower(hex(
			checksum)) FROM _sqlx_migrations WHERE version = $i")"
	done
}

@test "tools: what a tool has left out between others is one that comes late" {
	tools_fleet d1 2
	make_files d1
	# In u1 a branch was merged late: it has 0001 and 0003.
	sqlite3 "$(db u1)" "DELETE FROM notes; UPDATE d1_migrations SET name =
		'0003_step.sql' WHERE name = '0002_step.sql'"
	exits 1 users --set migrations.unversioned=adopt --dry-run
	says "u1" "0002_step.sql"
	exits 0 users baseline --from d1
	says "2 recorded"
	same "0001 0003" "$(ask u1 "SELECT group_concat(to_version, ' ') FROM
		fleet_schema_history")"
	exits 1 users
	says "1 upgraded" "1 failed" "lacks the older 0002" "out_of_order"
	exits 0 users --set migrations.out_of_order=allow \
		--set migrations.ledger=d1
	says "1 upgraded"
	same "from the second" "$(ask u1 'SELECT text FROM notes')"
	same "0001_step.sql 0003_step.sql 0002_step.sql 0004_step.sql" \
		"$(ask u1 "SELECT group_concat(name, ' ') FROM (SELECT name FROM
		d1_migrations ORDER BY id)")"
}

@test "tools: what rollback --to takes back goes from the table that is kept" {
	for tool in d1 goose golang-migrate; do
		rm -rf fleet migrations
		tools_fleet "$tool" 2
		make_files "$tool"
		rm -f migrations/*.down.sql migrations/0004*
		[ "$tool" = goose ] || echo '-- rollback:' |
			tee -a migrations/0003* >/dev/null
		[ "$tool" = goose ] && comment='' || comment='-- '
		echo "${comment}DELETE FROM notes WHERE 0;" |
			tee -a migrations/0003* >/dev/null
		exits 0 users --set migrations.unversioned=adopt \
			--set migrations.ledger="$tool"
		exits 0 users --set migrations.ledger="$tool" rollback --to 0002
		for user in u1 u2; do
			case $tool in
			d1) kept="0001_step.sql 0002_step.sql" ;;
			goose) kept="0 1 2" ;;
			golang-migrate) kept="2 0" ;;
			esac
			same "$kept" "$(kept_by "$tool" $user)"
		done
		exits 0 users --set migrations.ledger="$tool" verify
	done
}

@test "tools: a template has the table that is kept, too" {
	mkdir fleet
	make_files d1
	exits 0 "$FLEET_UPGRADE" -c /dev/null -m migrations \
		--set migrations.ledger=d1 template build new.db
	cp new.db "$(db carol)"
	same "0001_step.sql 0002_step.sql 0003_step.sql 0004_step.sql" \
		"$(kept_by d1 carol)"
	exits 0 users --set migrations.ledger=d1 verify
}
