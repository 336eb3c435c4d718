# Finds a JDK that is new enough; sourced by the other scripts in this folder.

oldest_jdk=17

# Sets `jdk` to the home of a JDK: JAVA_HOME, the one on the PATH, or one in /usr/lib/jvm.
find_jdk() {
  local home on_path
  on_path=$(command -v javac || true)
  [ -z "$on_path" ] || on_path=$(dirname "$(dirname "$(readlink -f "$on_path")")")
  for home in "${JAVA_HOME:-}" "$on_path" /usr/lib/jvm/*; do
    if [ -n "$home" ] && [ -x "$home/bin/javac" ] && [ "$(jdk_version "$home")" -ge $oldest_jdk ]; then
      jdk=$home
      return 0
    fi
  done
  return 1
}

# Reads the `release` file because `java -version` would start a JVM, which is slow.
jdk_version() {
  local version
  version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null || true)
  echo "${version:-0}"
}
