with months as (
    select
        month,
        count(*) as answers,
        sum(cost) as cost,
        sum(energy_wh) as energy_wh,
        avg(cost) filter (where not cached) as cost_uncached,
        avg(energy_wh) filter (where not cached) as energy_uncached,
        avg(cost) filter (where remote and not cached) as cost_remote
    from {{ ref('answers') }}
    group by month
)

select
    month,
    answers,
    cost,
    energy_wh,
    answers * coalesce(cost_uncached, 0) as cost_without_cache,
    answers * coalesce(energy_uncached, 0) as energy_wh_without_cache,
    -- Without routing every answer would come from the remote engine; null where none ever did.
    answers * cost_remote as cost_without_routing
from months
