/** Switching SVM on and off on a CPU that a test makes up. */
export { check, disable, enable } from '../../../vmx/amd/enable'
