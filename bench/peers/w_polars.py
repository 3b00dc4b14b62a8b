"""Job W, batch, exact: Polars, streaming engine."""
import os
import common
a = common.args()
os.environ["POLARS_MAX_THREADS"] = str(a.threads)
import polars as pl  # reads POLARS_MAX_THREADS when imported

S = pl.String
SCHEMA = {
    "data": pl.Struct({"author_id": S, "created_at": S, "referenced_tweets": pl.List(pl.Struct({"type": S}))}),
    "matching_rules": pl.List(pl.Struct({"tag": S})),
}
data = pl.col("data").struct
kind = data.field("referenced_tweets").list.first().struct.field("type")
time = data.field("created_at").str.to_datetime("%Y-%m-%dT%H:%M:%S%.3fZ", time_unit="ms")
posts = pl.scan_ndjson(a.input, schema=SCHEMA).select(
    city=pl.col("matching_rules").list.first().struct.field("tag"),
    uid=data.field("author_id"),
    rt=(kind == "retweeted").fill_null(False).cast(pl.Int64),
    pane=time.dt.epoch("s") // 60 * 60,
)
windows = pl.concat_list([pl.col("pane") - 60 * k for k in range(5)])
posts = posts.with_columns(window_start=windows).drop("pane").explode("window_start")
rows = posts.group_by("city", "window_start").agg(
    tweets=pl.len(), retweets=pl.col("rt").sum(), users=pl.col("uid").n_unique())
rows.select("city", "window_start", "tweets", "retweets", "users").collect(engine="streaming").write_csv(a.out)
