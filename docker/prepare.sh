#!/usr/bin/env bash
# Creates the topic and registers the schema, unless they exist already.
#
# Runs in the Kafka image, which has bash and Kafka's tools but may have neither curl nor jq: the request
# goes through bash's /dev/tcp, and the schema is escaped by bash's substitution.
set -euo pipefail

: "${BOOTSTRAP_SERVERS:?}" "${REGISTRY_HOST:?}" "${REGISTRY_PORT:?}"
: "${TOPIC:?}" "${PARTITIONS:?}" "${SCHEMA_FILE:?}"

# Prints the text of a file as a JSON string. Line ends and tabs become spaces: JSON allows them only
# between tokens, never unescaped inside a string, so the schema stays the same.
json_string() {
    local text
    text=$(<"$1")
    text=${text//\\/\\\\}
    text=${text//\"/\\\"}
    text=${text//[$'\t\r\n']/ }
    printf '"%s"' "$text"
}

# Registering the same schema again returns the id that it already has.
register() {
    local body length status reply
    body="{\"schemaType\":\"AVRO\",\"schema\":$(json_string "$SCHEMA_FILE")}"
    # Bytes, not characters.
    length=$(LC_ALL=C; printf '%s' "${#body}")
    exec 3<>"/dev/tcp/$REGISTRY_HOST/$REGISTRY_PORT"
    printf '%s\r\n' \
        "POST /subjects/$TOPIC-value/versions HTTP/1.0" \
        "Host: $REGISTRY_HOST:$REGISTRY_PORT" \
        "Content-Type: application/vnd.schemaregistry.v1+json" \
        "Content-Length: $length" \
        "" >&3
    printf '%s' "$body" >&3
    read -r _ status _ <&3 || status=none
    reply=$(cat <&3)
    if [[ $status != 200 ]]; then
        printf 'error: the registry rejected the schema (status %s)\n%s\n' "$status" "$reply" >&2
        return 1
    fi
}

/opt/kafka/bin/kafka-topics.sh --bootstrap-server "$BOOTSTRAP_SERVERS" --create --if-not-exists \
    --topic "$TOPIC" --partitions "$PARTITIONS" --replication-factor 1
register
echo "created $TOPIC with $PARTITIONS partitions; registered the schema as $TOPIC-value"
