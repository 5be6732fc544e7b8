with said as (
    select
        receipt,
        count(*) as ratings,
        count(*) filter (where helpful) as helpful,
        count(*) filter (where corrected) as corrections
    from {{ ref('stg_feedback') }}
    group by receipt
)

select
    a.*,
    coalesce(s.ratings, 0) as ratings,
    coalesce(s.helpful, 0) as helpful,
    coalesce(s.corrections, 0) as corrections
from {{ ref('stg_answers') }} as a
left join said as s using (receipt)
