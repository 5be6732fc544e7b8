select
    source,
    count(*) filter (where status = 'accepted') as accepted,
    count(*) filter (where status = 'quarantined') as quarantined,
    count(*) filter (where status = 'failed') as failed,
    count(*) filter (where status = 'removed') as removed,
    count(*) filter (where status = 'accepted' and superseded) as superseded,
    count(*) filter (where duplicate) as duplicates,
    sum(characters) filter (where status = 'accepted') as characters
from {{ ref('stg_documents') }}
group by source
