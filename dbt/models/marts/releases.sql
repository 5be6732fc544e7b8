select
    r.place,
    r.release,
    r.happened,
    r.how,
    lead(r.happened) over (order by r.place) as until,
    coalesce(u.answers, 0) as answers
from {{ ref('stg_releases') }} as r
left join {{ ref('usage_by_release') }} as u using (release)
