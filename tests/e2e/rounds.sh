# rounds.sh - rounds of the truth tests (t11x). Source it after bench.sh.
#
# A statement is about the median of the records of a benchmark in one round. Neighbours on a shared
# machine can spoil a round, so the benchmarks whose statements fail are run again, on their own, at
# most ROUNDS times in all; what fails in every round has failed.
ROUNDS=3

# truth TEST WAY GROUPS BENCH|BENCH... ARG...
truth() {
    local test=$1 way=$2 groups=$3 left=$4 round name line race=()
    local -A verdict=()
    shift 4
    [[ " ${E2E_FLAGS:-} " != *" -race "* ]] || race=(-race)
    for ((round = 1; round <= ROUNDS; round++)); do
        name=$test-$round
        gobench "$way" "$name" -run=NONE -bench="^Benchmark($left)\$" "$@" || show "$name"
        "$JUDGE" truth "${race[@]}" -groups "$groups" -only "$left" $(records "$name") >"$TMP/$name.verdicts"
        grep '^# ' "$TMP/$name.verdicts"
        left=
        while IFS= read -r line; do
            case $line in
            'ok '*) verdict[${line#ok }]=ok ;;
            'not ok '*)
                line=${line#not ok }
                [ "${verdict[${line%%:*}]:-}" != ok ] || continue
                verdict[${line%%:*}]=${line#*: }
                left="$left|$(sed -E 's/^Benchmark([^-/]*).*/\1/' <<<"$line")" ;;
            esac
        done <"$TMP/$name.verdicts"
        left=$(tr '|' '\n' <<<"${left#|}" | sort -u | paste -s -d '|')
        [ -n "$left" ] || break
        echo "# round $round: again for $left"
    done
    [ ${#verdict[@]} -gt 0 ] || not_ok "$test" "nothing was judged"
    while IFS= read -r name; do
        if [ "${verdict[$name]}" = ok ]; then
            ok "$test:$name"
        else
            not_ok "$test:$name" "${verdict[$name]}"
        fi
    done < <(printf '%s\n' "${!verdict[@]}" | sort)
}
