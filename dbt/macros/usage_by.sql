{# What use came to, one row for each value of `key`. #}
{% macro usage_by(key) %}
select
    {{ key }},
    count(*) as answers,
    count(distinct asker) as people,
    count(*) filter (where refused) as refused,
    count(*) filter (where cached) as cached,
    count(*) filter (where remote) as remote,
    quantile_cont(latency_ms, 0.5) as latency_median_ms,
    quantile_cont(latency_ms, 0.95) as latency_p95_ms,
    sum(cost) as cost,
    sum(energy_wh) as energy_wh,
    sum(tokens) as tokens,
    sum(ratings) as ratings,
    sum(helpful) as helpful,
    sum(corrections) as corrections,
    avg(best_score) as best_score
from {{ ref('answers') }}
group by {{ key }}
{% endmacro %}
