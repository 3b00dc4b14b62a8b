"""Job W, batch, exact: DuckDB. Also the reference answer that the others are checked against."""
import common
a = common.args()
import duckdb  # after the arguments: a wrong option should not cost an import

duckdb.connect(config={"threads": a.threads}).execute(f"""
COPY (
  WITH t AS (
    SELECT matching_rules[1].tag AS city, data.author_id AS uid,
           CAST(floor(epoch(CAST(data.created_at AS TIMESTAMP))) AS BIGINT) // 60 * 60 AS pane,
           (data.referenced_tweets[1].type IS NOT DISTINCT FROM 'retweeted')::INT AS rt
    FROM read_ndjson('{a.input}', columns = {{
      data: 'STRUCT(author_id VARCHAR, created_at VARCHAR, referenced_tweets STRUCT(type VARCHAR)[])',
      matching_rules: 'STRUCT(tag VARCHAR)[]' }})
  ), w AS (SELECT city, uid, rt, pane - k * 60 AS window_start FROM t, range(5) r(k))
  SELECT city, window_start, count(*) AS tweets, sum(rt)::BIGINT AS retweets, count(DISTINCT uid) AS users
  FROM w GROUP BY city, window_start
) TO '{a.out}' (HEADER, DELIMITER ',')
""")
