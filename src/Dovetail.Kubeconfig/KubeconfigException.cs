namespace Dovetail.Kubeconfig;

/// <summary>The kubeconfig cannot be read or does not say enough.</summary>
public sealed class KubeconfigException(string message, Exception? inner = null) : Exception(message, inner);
