"""Job W on Spark structured streaming, local[N]: file source on a folder of parts, Trigger.AvailableNow, one part a
micro-batch, watermark 60 s, append output.

Distinct users: --distinct approx (approx_count_distinct, what Spark documents for streams) or set (size(collect_set()),
exact, heavier state). Spark refuses countDistinct on a stream."""
import common
a = common.args(distinct=(str, "approx"), memory=(str, "4g"))
import json
import shutil
import sys
import tempfile
from pyspark.sql import SparkSession, functions as F

SCHEMA = ("data STRUCT<author_id: STRING, created_at: TIMESTAMP, referenced_tweets: ARRAY<STRUCT<type: STRING>>>,"
          " matching_rules ARRAY<STRUCT<tag: STRING>>")


def session(scratch):
    settings = {
        "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.sql.session.timeZone": "UTC",
        "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.driver.memory": a.memory,
        "spark.local.dir": scratch, "spark.sql.shuffle.partitions": str(a.threads)}
    builder = SparkSession.builder.master(f"local[{a.threads}]").appName("job_w")
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def posts(spark):
    kind = F.get("data.referenced_tweets", F.lit(0)).getField("type")
    return spark.readStream.option("maxFilesPerTrigger", 1).schema(SCHEMA).json(a.input).select(
        F.expr("matching_rules[0].tag").alias("city"), F.col("data.author_id").alias("uid"),
        F.col("data.created_at").alias("ts"), F.coalesce((kind == "retweeted").cast("long"), F.lit(0)).alias("rt"))


def counts(stream):
    users = F.size(F.collect_set("uid")) if a.distinct == "set" else F.approx_count_distinct("uid")
    window = F.window("ts", "5 minutes", "1 minute")
    rows = stream.withWatermark("ts", "60 seconds").groupBy(window, "city").agg(
        F.count("*").alias("tweets"), F.sum("rt").alias("retweets"), users.alias("users"))
    return rows.select("city", F.col("window.start").cast("long").alias("window_start"), "tweets", "retweets", "users")


def main():
    scratch = tempfile.mkdtemp(prefix="w_spark_")
    shutil.rmtree(a.out, ignore_errors=True)
    spark = session(scratch)
    writer = counts(posts(spark)).writeStream.trigger(availableNow=True).option("checkpointLocation", scratch + "/checkpoint")
    query = writer.outputMode("append").format("csv").option("path", a.out).start()
    query.awaitTermination()
    progress = query.recentProgress
    late = sum(o["numRowsDroppedByWatermark"] for p in progress for o in p["stateOperators"])
    print(json.dumps({"batches": len(progress), "late_dropped": late}), file=sys.stderr)
    spark.stop()
    shutil.rmtree(scratch, ignore_errors=True)


main()
