export { fillPermissionMaps, MsrMapBytes, PortMapBytes } from '../../vmx/amd/permission'
