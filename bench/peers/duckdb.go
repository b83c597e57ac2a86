package main

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"strings"

	_ "github.com/duckdb/duckdb-go/v2" // the driver
)

// segments are what is between two experiences of a person. Of two at the same time the
// good one comes first; a gap longer than the cut-off is nobody's time.
//
// Source: Hauer et al., Meaningful Availability, NSDI 2020.
const segments = `
create temp table segments as
select bad, since, until from (
	select cause <> 'fine' as bad, epoch_ms(time) as since,
		lead(epoch_ms(time)) over (partition by person order by time, cause <> 'fine') as until
	from read_parquet('%s', hive_partitioning = false)
	where not part
) where until - since <= %d`

const totals = `
select coalesce(sum(until - since) filter (not bad), 0)::bigint, coalesce(sum(until - since) filter (bad), 0)::bigint from segments`

// cells are the person-time of each minute: what segments take of the minutes that they
// begin and end in, and how many there are all through the others.
const cells = `
create temp table cells as
with edges as (
	select bad, since // 60000 as m, case when since // 60000 = until // 60000 then until - since else (since // 60000 + 1) * 60000 - since end as rest, 0 as whole from segments
	union all
	select bad, until // 60000, until %% 60000, 0 from segments where since // 60000 <> until // 60000
	union all
	select bad, since // 60000 + 1, 0, 1 from segments where since // 60000 <> until // 60000
	union all
	select bad, until // 60000, 0, -1 from segments where since // 60000 <> until // 60000
), minutes as (
	select m, coalesce(sum(rest) filter (not bad), 0) as up, coalesce(sum(whole) filter (not bad), 0) as ups,
		coalesce(sum(rest) filter (bad), 0) as down, coalesce(sum(whole) filter (bad), 0) as downs
	from edges group by m
), period as (
	select unnest(range((select min(epoch_ms(time)) // 60000 from read_parquet('%[1]s', hive_partitioning = false)),
		(select max(epoch_ms(time)) // 60000 + 1 from read_parquet('%[1]s', hive_partitioning = false)))) as m
), each as (
	select period.m, coalesce(up, 0) + 60000 * sum(coalesce(ups, 0)) over w as up, coalesce(down, 0) + 60000 * sum(coalesce(downs, 0)) over w as down
	from period left join minutes using (m) window w as (order by period.m)
)
select row_number() over (order by m) as i, sum(up) over (order by m)::bigint as up, sum(down) over (order by m)::bigint as down from each
union all select 0, 0, 0`

// worst takes, of all windows of each length, the one with the least up of all time.
const worst = `
with spans as (
	select w, z.up - a.up as up, z.down - a.down as down
	from (select unnest(%s) as w) join cells a on true join cells z on z.i = a.i + w
)
select w, arg_min(up, up / (up + down)), arg_min(down, up / (up + down)) from spans where up + down > 0 group by w order by w`

// duck asks DuckDB for the totals, and for the worst windows of some sizes.
func duck(ctx context.Context, dir string, sizes []int) (answer, error) {
	var a answer
	db, err := sql.Open("duckdb", fmt.Sprintf("?threads=%d", runtime.GOMAXPROCS(0)))
	if err != nil {
		return a, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // temporary tables are of one connection
	files := strings.ReplaceAll(pattern(dir), "'", "''")
	if _, err := db.ExecContext(ctx, fmt.Sprintf(segments, files, cutoff.Milliseconds())); err != nil {
		return a, err
	}
	if err := db.QueryRowContext(ctx, totals).Scan(&a.up, &a.down); err != nil || sizes == nil {
		return a, err
	}
	if _, err := db.ExecContext(ctx, fmt.Sprintf(cells, files)); err != nil {
		return a, err
	}
	rows, err := db.QueryContext(ctx, fmt.Sprintf(worst, strings.ReplaceAll(fmt.Sprint(sizes), " ", ", ")))
	if err != nil {
		return a, err
	}
	defer rows.Close()
	for rows.Next() {
		var w window
		if err := rows.Scan(&w.minutes, &w.up, &w.down); err != nil {
			return a, err
		}
		a.windows = append(a.windows, w)
	}
	return a, rows.Err()
}
