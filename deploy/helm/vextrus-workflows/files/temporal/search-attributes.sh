#!/bin/sh
# Adds the search attributes to the namespace (temporal/src/search_attributes.rs); workers would too, but may not everywhere. It may
# be run again: what is there with the same type stays.
set -eu

add() {
    there=$(temporal operator search-attribute list | awk -v name="$1" '$1 == name { print $2 }')
    case $there in
    "$2") ;;
    '') temporal operator search-attribute create --name "$1" --type "$2" ;;
    *) echo "search-attributes.sh: $1 is there as $there, not $2: remove it, or use another namespace" >&2; exit 1 ;;
    esac
}

add VextrusStatus Keyword
add VextrusStage Keyword
add VextrusTenant Keyword
add VextrusDocument Keyword
add VextrusVendor Keyword
add VextrusDepartment Keyword
add VextrusTotalPoisha Int
echo "namespace $TEMPORAL_NAMESPACE has its search attributes"
