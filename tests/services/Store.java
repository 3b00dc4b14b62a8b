// One node of OpenSearch in this process, with its modules on the class path: Store FOLDER, which holds config/opensearch.yml.

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.opensearch.common.logging.LogConfigurator;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.plugins.Plugin;

public class Store extends Node {
    private static final List<Class<? extends Plugin>> MODULES = List.of(
        org.opensearch.transport.Netty4Plugin.class,
        org.opensearch.analysis.common.CommonAnalysisPlugin.class,
        org.opensearch.index.mapper.MapperExtrasPlugin.class,
        org.opensearch.index.reindex.ReindexPlugin.class);

    Store(Environment environment) {
        super(environment, MODULES, false);
    }

    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        Settings home = Settings.builder().put("path.home", folder).build();
        LogConfigurator.setNodeName("store");
        Environment environment = InternalSettingsPreparer.prepareEnvironment(home, Map.of(), folder.resolve("config"), () -> "store");
        new Store(environment).start();
        Thread.currentThread().join();
    }
}
