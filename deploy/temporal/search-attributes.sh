#!/bin/sh
# Adds the search attributes to the namespace (temporal/src/search_attributes.rs); workers would too, but may not everywhere. It may
# be run again: what is there with the same type stays.
set -eu

wanted='VextrusStatus:Keyword VextrusStage:Keyword VextrusTenant:Keyword VextrusDocument:Keyword VextrusVendor:Keyword
    VextrusDepartment:Keyword VextrusTotalPoisha:Int'

# A namespace that is new, and what was just added, is not seen by all parts of the server at once.
for pause in 1 2 4 8 0; do
    if listed=$(temporal operator search-attribute list); then
        set --
        for attribute in $wanted; do
            name=${attribute%:*} type=${attribute#*:}
            there=$(echo "$listed" | awk -v name="$name" '$1 == name { print $2 }')
            case $there in
            "$type") ;;
            '') set -- "$@" --name "$name" --type "$type" ;;
            *) echo "search-attributes.sh: $name is there as $there, not $type: remove it, or use another namespace" >&2; exit 1 ;;
            esac
        done
        if [ $# -eq 0 ]; then
            echo "namespace $TEMPORAL_NAMESPACE has its search attributes"
            exit 0
        fi
        temporal operator search-attribute create "$@" || true
    fi
    sleep "$pause"
done
echo "search-attributes.sh: they cannot be added to namespace $TEMPORAL_NAMESPACE" >&2
exit 1
