# report.awk: makes the tables, or with -v json=1 the JSON, of what bench noted.
# -v goals=TABLE gives the goals. Lines of the record, between tabs:
#
#	fact NAME VALUE
#	time WORK CONTENDER MICROSECONDS DATABASES
#	peak WORK CONTENDER KIB
#	skip WORK CONTENDER REASON
#	fail WORK CONTENDER REASON

BEGIN { FS = "\t" }

$1 == "fact" {
	fact_names[++fact_count] = $2
	facts[$2] = $3
	next
}

# Rows in the order in which they are first spoken of.
{
	row = $2 SUBSEP $3
	if (!(row in rounds)) {
		rows[++row_count] = row
		rounds[row] = 0
	}
}

$1 == "time" {
	times[row, ++rounds[row]] = $4 / 1000000
	databases[row] = $5
}
$1 == "peak" && $4 > peaks[row] { peaks[row] = $4 }
$1 == "skip" { skipped[row] = $4 }
$1 == "fail" { failed[row] = $4 }

# The rounds of a row in order, in sorted[1..], and the one in the middle.
function median(row, i, j, time, count)
{
	count = rounds[row]
	for (i = 1; i <= count; i++) {
		time = times[row, i]
		for (j = i; j > 1 && sorted[j - 1] > time; j--)
			sorted[j] = sorted[j - 1]
		sorted[j] = time
	}
	if (count % 2 == 1)
		return sorted[(count + 1) / 2]
	return (sorted[count / 2] + sorted[count / 2 + 1]) / 2
}

function is_measured(row)
{
	return rounds[row] > 0 && !(row in failed)
}

# What a goal compares, or "" if that was not measured.
function measured(work, what, a, b, value)
{
	a = work SUBSEP a
	b = work SUBSEP b
	if (what == "peak")
		return is_measured(a) ? peaks[a] : ""
	if (!is_measured(a) || !is_measured(b))
		return ""
	value = median(a) / median(b)
	if (what == "each")
		value *= databases[b] / databases[a]
	return value
}

# true, false, or null where it is not to be judged.
function is_reached(value, bound, goal)
{
	if (is_short || value == "")
		return "null"
	if (bound == "least")
		return value >= goal + 0 ? "true" : "false"
	return value <= goal + 0 ? "true" : "false"
}

function quoted(text)
{
	gsub(/[\\"]/, "\\\\&", text)
	gsub(/[\001-\037]/, " ", text)
	return "\"" text "\""
}

function comma(i)
{
	return i == 1 ? "" : ", "
}

function or_null(value)
{
	return value == "" ? "null" : value
}

function fact_in_json(text)
{
	if (text == "yes" || text == "no")
		return text == "yes" ? "true" : "false"
	return text ~ /^[0-9]+$/ ? text : quoted(text)
}

function ratio(row, first)
{
	if (!is_measured(row) || !is_measured(first))
		return "null"
	return median(row) / median(first)
}

# The first contender of a work is the one that the others are compared with.
function row_in_json(row, first, i, seconds)
{
	for (i = 1; i <= rounds[row]; i++)
		seconds = seconds comma(i) times[row, i]
	printf "{\"contender\": %s, \"databases\": %s, \"seconds\": [%s], ",
		quoted(part[2]), or_null(databases[row]), seconds
	printf "\"median\": %s, \"ratio\": %s, \"peak_kib\": %s, ",
		is_measured(row) ? median(row) : "null",
		ratio(row, first), or_null(peaks[row])
	printf "\"skipped\": %s, \"failed\": %s}",
		row in skipped ? quoted(skipped[row]) : "null",
		row in failed ? quoted(failed[row]) : "null"
}

function print_json(i, first, work, goal, value)
{
	printf "{\"machine\": {"
	for (i = 1; i <= fact_count; i++)
		printf "%s\n  %s: %s", comma(i), quoted(fact_names[i]),
			fact_in_json(facts[fact_names[i]])
	printf "},\n \"works\": ["
	for (i = 1; i <= row_count; i++) {
		split(rows[i], part, SUBSEP)
		if (part[1] != work) {
			printf "%s\n  {\"work\": %s, \"contenders\": [\n   ",
				work != "" ? "]}," : "", quoted(part[1])
			work = part[1]
			first = rows[i]
		} else {
			printf ",\n   "
		}
		row_in_json(rows[i], first)
	}
	printf "%s],\n \"goals\": [", work != "" ? "]}" : ""
	for (i = 1; i <= goal_count; i++) {
		split(goal_lines[i], goal, " ")
		value = measured(goal[1], goal[2], goal[3], goal[4])
		printf "%s\n  {\"work\": %s, \"measure\": %s, \"a\": %s, " \
			"\"b\": %s, ", comma(i), quoted(goal[1]),
			quoted(goal[2]), quoted(goal[3]),
			goal[4] == "-" ? "null" : quoted(goal[4])
		printf "\"value\": %s, \"bound\": %s, \"goal\": %s, ",
			or_null(value), quoted(goal[5]), goal[6]
		printf "\"reached\": %s}",
			is_reached(value, goal[5], goal[6])
	}
	print "]}"
}

function print_rows(i, row, work, first, shown)
{
	printf "\n%-13s %-15s %9s %9s %9s %9s %7s %9s\n", "work", "contender",
		"databases", "median s", "fastest", "slowest", "ratio",
		"peak MiB"
	for (i = 1; i <= row_count; i++) {
		row = rows[i]
		split(row, part, SUBSEP)
		if (part[1] != work)
			first = row
		work = part[1]
		printf "%-13s %-15s ", part[1], part[2]
		if (row in failed) {
			print "FAILED: " failed[row]
			continue
		}
		if (row in skipped) {
			print "skipped: " skipped[row]
			continue
		}
		shown = ratio(row, first)
		printf "%9d %9.3f ", databases[row], median(row)
		printf "%9.3f %9.3f ", sorted[1], sorted[rounds[row]]
		printf "%7s ", shown == "null" ? "-" : sprintf("%.2f", shown)
		printf "%9s\n", \
			row in peaks ? sprintf("%.1f", peaks[row] / 1024) : "-"
	}
}

function print_goals(i, goal, value, said)
{
	said["null"] = "not judged"
	said["true"] = "reached"
	said["false"] = "NOT reached"
	printf "\n%-13s %-31s %10s  %s\n", "work", "goal", "measured", "wanted"
	for (i = 1; i <= goal_count; i++) {
		split(goal_lines[i], goal, " ")
		value = measured(goal[1], goal[2], goal[3], goal[4])
		if (value == "")
			continue
		printf "%-13s %-31s %10.2f  %s %-8s %s\n", goal[1],
			goal[3] (goal[2] == "peak" ? ", KiB" : " / " goal[4]),
			value, goal[5] == "least" ? ">=" : "<=", goal[6],
			said[is_reached(value, goal[5], goal[6])]
	}
}

END {
	is_short = facts["short"] == "yes"
	goal_count = 0
	count = split(goals, lines, "\n")
	for (i = 1; i <= count; i++)
		if (lines[i] != "")
			goal_lines[++goal_count] = lines[i]
	if (json) {
		print_json()
	} else {
		for (i = 1; i <= fact_count; i++)
			printf "%-12s %s\n", fact_names[i], facts[fact_names[i]]
		print_rows()
		print_goals()
	}
}
