/** Runs a Kafka node with the given properties file. Ends when its standard input does. */
public final class KafkaNode {
    public static void main(String[] arguments) throws Exception {
        var watcher = new Thread(() -> {
            try {
                while (System.in.read() != -1) {
                    continue;
                }
            } catch (java.io.IOException gone) {
                // The end of the pipe either way.
            }
            Runtime.getRuntime().halt(0);
        });
        watcher.setDaemon(true);
        watcher.start();
        kafka.Kafka.main(arguments);
    }
}
