select
    receipt,
    happened,
    cast(happened as date) as day,
    date_trunc('month', happened) as month,
    release,
    asker,
    refused,
    cached,
    engine,
    engine = 'remote' as remote,
    latency_ms,
    cost,
    energy_wh,
    prompt_tokens + new_tokens as tokens,
    passages,
    best_score
from {{ source('exports', 'answers') }}
