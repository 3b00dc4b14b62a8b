"""Job W on Apache Flink SQL (PyFlink submits the SQL; all work is in the JVM, exact): HOP window table function,
COUNT(DISTINCT), event-time watermark of 60 s, filesystem source of JSON, streaming mode, in-process mini cluster."""
import os
import shutil
import common
a = common.args()
from pyflink.common import Configuration
from pyflink.table import EnvironmentSettings, TableEnvironment

POSTS = f"""
CREATE TABLE tweets (
  data ROW<author_id STRING, created_at STRING, referenced_tweets ARRAY<ROW<`type` STRING>>>,
  matching_rules ARRAY<ROW<tag STRING>>,
  ts AS TO_TIMESTAMP(data.created_at, 'yyyy-MM-dd''T''HH:mm:ss.SSS''Z'''),
  WATERMARK FOR ts AS ts - INTERVAL '60' SECOND
) WITH ('connector' = 'filesystem', 'path' = 'file://{os.path.abspath(a.input)}', 'format' = 'json')"""
ROWS = f"""
CREATE TABLE out_rows (city STRING, window_start BIGINT, tweets BIGINT, retweets BIGINT, users BIGINT)
WITH ('connector' = 'filesystem', 'path' = 'file://{os.path.abspath(a.out)}', 'format' = 'csv')"""
VIEW = """
CREATE TEMPORARY VIEW tw AS
SELECT matching_rules[1].tag AS city, data.author_id AS uid,
       CASE WHEN data.referenced_tweets[1].`type` = 'retweeted' THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS rt,
       ts
FROM tweets"""
JOB = """
INSERT INTO out_rows
SELECT city, UNIX_TIMESTAMP(CAST(window_start AS STRING), 'yyyy-MM-dd HH:mm:ss.SSS'), COUNT(*), SUM(rt),
       COUNT(DISTINCT uid)
FROM TABLE(HOP(TABLE tw, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '5' MINUTE))
GROUP BY city, window_start, window_end"""
SETTINGS = {
    "parallelism.default": str(a.threads), "taskmanager.numberOfTaskSlots": str(a.threads),
    "table.local-time-zone": "UTC", "rest.address": "127.0.0.1", "rest.bind-address": "127.0.0.1"}

configuration = Configuration()
for name, value in SETTINGS.items():
    configuration.set_string(name, value)
builder = EnvironmentSettings.new_instance().with_configuration(configuration)
env = TableEnvironment.create(builder.in_streaming_mode().build())
shutil.rmtree(a.out, ignore_errors=True)
for statement in (POSTS, ROWS, VIEW):
    env.execute_sql(statement)
env.execute_sql(JOB).wait()
