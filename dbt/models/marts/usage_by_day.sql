-- depends_on: {{ ref('answers') }}
{{ usage_by('day') }}
