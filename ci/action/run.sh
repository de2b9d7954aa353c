#!/usr/bin/env bash
# Grades and tells: log, annotations, summary, outputs, reports. Whatever the learner's service says is hostile here: it
# comes between ::stop-commands:: and its end, and no other file of the runner's is named to it.
set -euo pipefail

reports=${RUNNER_TEMP:-${TMPDIR:-/tmp}}/grader-report
rm -rf "$reports"
mkdir -p "$reports"

# A submission that brought a pack would grade itself.
arguments=(grade "${IN_DIRECTORY:-.}" --no-own-pack --runtime "${IN_RUNTIME:-auto}")
[ -z "${IN_PROJECT:-}" ] || arguments+=(--project "$IN_PROJECT")
[ -z "${IN_STAGE:-}" ] || arguments+=(--stage "$IN_STAGE")
for report in json=report.json html=report.html junit=report.xml sarif=report.sarif markdown=summary.md \
  annotations=annotations.txt; do
  arguments+=(--report "${report%%=*}=$reports/${report#*=}")
done

# What a service could do harm with. The rest is the grader's to keep from it.
hidden=()
for name in $(compgen -e); do
  case $name in
  *TOKEN* | *SECRET* | *PASSWORD* | *CREDENTIAL* | *KEY* | ACTIONS_* | GITHUB_ENV | GITHUB_PATH | GITHUB_OUTPUT | GITHUB_STATE | \
    GITHUB_STEP_SUMMARY | IN_*) hidden+=(-u "$name") ;;
  esac
done

resume=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "::stop-commands::$resume"
code=0
env ${hidden[@]+"${hidden[@]}"} GRADER_LEDGER="${GRADER_LEDGER:-none}" grader "${arguments[@]}" 2>&1 || code=$?
# The last line may have had no end.
printf '\n::%s::\n' "$resume"

[ ! -s "$reports/annotations.txt" ] || cat "$reports/annotations.txt"

# A summary over 1 MiB vanishes without a word.
if [ -s "$reports/summary.md" ] && [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
  there=0
  [ ! -e "$GITHUB_STEP_SUMMARY" ] || there=$(wc -c <"$GITHUB_STEP_SUMMARY")
  if [ $((there + $(wc -c <"$reports/summary.md"))) -lt 1048576 ]; then
    cat "$reports/summary.md" >>"$GITHUB_STEP_SUMMARY"
  else
    echo "The summary of the grader has no room here; its report has it." >>"$GITHUB_STEP_SUMMARY"
  fi
fi

# The report's own lines, by their indentation: in JSON a learner's text never begins a line.
line() { # line PATTERN: of the first line that matches, what stands in its parentheses
  [ ! -s "$reports/report.json" ] || sed -n "/^$1,\{0,1\}\$/{s//\1/p;q;}" "$reports/report.json"
}
verdict=$(line '  "verdict": "\([a-z-]*\)"')
earned=$(line '    "earned": \([0-9]*\)')
possible=$(line '    "possible": \([0-9]*\)')
{
  echo "verdict=${verdict:-none}"
  echo "earned=${earned:-0}"
  echo "possible=${possible:-0}"
  echo "report=$reports"
} >>"$GITHUB_OUTPUT"

# A gate that is closed is the learner's; everything else that went wrong is not, and stays visible.
if [ "$code" -eq 1 ] && [ "${IN_FAIL:-true}" != true ]; then
  code=0
fi
exit "$code"
